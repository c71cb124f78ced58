"""The walk of tests/fresh_clone.sh through one clone: standard library only, run by the machine's own Python."""

import contextlib
import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

LUCIA, MARTINA, SOFIA = "+5491155550123", "+5491155550456", "+5493415550789"
QUESTION = "Tenés puntas de danza talle 37?"
STORE = "7654321"
PORTS = ("WHATSAPP_SERVICE", "ORCHESTRATOR_SERVICE", "PLATFORM_UI", "FRONTEND_REACT", "SANDBOX", "SANDBOX_SMTP")


def free_ports() -> dict[str, int]:
    """A different free loopback port for every service."""
    with contextlib.ExitStack() as held:
        probes = [held.enter_context(socket.socket()) for _ in PORTS]
        for probe in probes:
            probe.bind(("127.0.0.1", 0))
        return {f"{name}_PORT": probe.getsockname()[1] for name, probe in zip(PORTS, probes, strict=True)}


def call(method: str, url: str, body: Any = None, headers: dict[str, str] | None = None) -> Any:
    """One JSON request; raises on any status of 400 and up."""
    data = None if body is None else json.dumps(body).encode()
    known = {"Content-Type": "application/json", **(headers or {})}
    request = urllib.request.Request(url, data, known, method=method)  # noqa: S310 - loopback http only
    with urllib.request.urlopen(request, timeout=30) as response:  # noqa: S310 - the same
        return json.loads(response.read() or b"null")


def check(fact: object, what: str) -> None:
    """Say what holds; end the walk when it does not."""
    print(f"  {'ok ' if fact else 'NO '} {what}", flush=True)
    if not fact:
        raise SystemExit(1)


class Demo:
    """`./nexus demo` in the clone, from its start to its Ctrl-C."""

    def __init__(self, clone: Path, ports: dict[str, int]) -> None:
        self.clone = clone
        self.data = clone / ".nexus" / "demo"
        self.ports = ports
        self.began = time.monotonic()
        self.seen: dict[str, float] = {}
        self.said: list[str] = []
        self.process = subprocess.Popen(
            [clone / "nexus", "demo", "--no-browser"],
            cwd="/", stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
            env={**os.environ, **{name: str(port) for name, port in ports.items()}}, start_new_session=True,
        )  # fmt: skip
        threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self) -> None:
        assert self.process.stdout
        for line in self.process.stdout:
            self.said.append(line)
            print(f"  | {line}", end="", flush=True)
            for mark in ("installed in", "está lista"):
                if mark in line:
                    self.seen[mark] = time.monotonic()

    def url(self, service: str, path: str) -> str:
        return f"http://127.0.0.1:{self.ports[f'{service}_PORT']}{path}"

    def secret(self, name: str) -> str:
        return str(json.loads((self.data / "secrets.json").read_text())[name])

    def until_ready(self, seconds: float = 600) -> None:
        until = time.monotonic() + seconds
        while "está lista" not in self.seen and self.process.poll() is None and time.monotonic() < until:
            time.sleep(0.05)
        check("está lista" in self.seen, "the demo came up")

    def write(self, customer: str, text: str) -> None:
        call("POST", self.url("SANDBOX", f"/sandbox/phone/{customer}/messages"), {"text": text})

    def bubbles(self, customer: str) -> list[dict[str, Any]]:
        chat = call("GET", self.url("SANDBOX", f"/sandbox/phone/{customer}/messages"))
        return [message for message in chat["messages"] if message["direction"] == "out"]

    def answers(self, customer: str, known: int, quiet: float = 5.0, seconds: float = 90) -> list[dict[str, Any]]:
        """The bubbles after the first `known`, once none has come for `quiet` seconds."""
        until, new, last = time.monotonic() + seconds, 0, time.monotonic()
        while time.monotonic() < until:
            count = len(self.bubbles(customer)) - known
            if count > new:
                if new == 0:
                    self.seen.setdefault("first bubble", time.monotonic())
                new, last = count, time.monotonic()
            if new and time.monotonic() - last > quiet:
                break
            time.sleep(0.1)
        return self.bubbles(customer)[known:]

    def ask(self, customer: str, *texts: str) -> list[dict[str, Any]]:
        known = len(self.bubbles(customer))
        for text in texts:
            self.write(customer, text)
        return self.answers(customer, known)

    def chat_runs(self) -> int:
        metrics = self.url("ORCHESTRATOR_SERVICE", "/metrics")
        with urllib.request.urlopen(metrics, timeout=10) as response:  # noqa: S310 - loopback http only
            lines = response.read().decode().splitlines()
        counted = [line for line in lines if line.startswith("http_requests_total{") and 'endpoint="/chat"' in line]
        return sum(int(float(line.rsplit(" ", 1)[1])) for line in counted)

    def shop(self) -> list[dict[str, Any]]:
        headers = {
            "Authentication": f"bearer {self.secret('DEMO_TIENDANUBE_ACCESS_TOKEN')}",
            "User-Agent": "fresh clone (a@b.c)",
        }
        found = call("GET", self.url("SANDBOX", f"/tiendanube/2025-03/{STORE}/products?per_page=200"), None, headers)
        return list(found)

    def remains(self) -> list[str]:
        """Processes that have anything to do with this clone: by command line, folder or open program."""
        marks = [str(self.clone), str((self.data / "postgres").resolve())]
        left = []
        for proc in Path("/proc").glob("[0-9]*"):
            with contextlib.suppress(OSError):
                words = (proc / "cmdline").read_bytes().replace(b"\0", b" ").decode("utf-8", "replace")
                places = words + "".join(str((proc / link).readlink()) for link in ("cwd", "exe"))
                if int(proc.name) != os.getpid() and "walk.py" not in words and any(m in places for m in marks):
                    left.append(f"{proc.name} {words}")
        return left

    def interrupt(self) -> None:
        """Ctrl-C as a terminal sends it: to the whole foreground group."""
        began = time.monotonic()
        os.killpg(self.process.pid, signal.SIGINT)
        code = self.process.wait(30)
        check(code == 0, f"Ctrl-C ended it in {time.monotonic() - began:.1f} s with code {code}")
        check(not (left := self.remains()), f"nothing is left running {left or ''}")


def grounded(bubbles: list[dict[str, Any]], products: list[dict[str, Any]]) -> dict[str, Any] | None:
    """The product whose price, link and picture are all in these bubbles."""
    texts = "\n".join(bubble.get("text") or "" for bubble in bubbles)
    digits = re.sub(r"(?<=\d)\.(?=\d{3})", "", texts)
    pictures = {(bubble.get("image_url") or "").rpartition("/")[2] for bubble in bubbles} - {""}
    for product in products:
        prices = {
            str(v.get(key)).partition(".")[0] for v in product["variants"] for key in ("price", "promotional_price")
        }
        priced = any(price.isdigit() and re.search(rf"\b{price}\b", digits) for price in prices)
        pictured = any(image["src"].rpartition("/")[2] in pictures for image in product["images"])
        if priced and pictured and product["canonical_url"] in texts:
            return product
    return None


def walk_answers(demo: Demo) -> None:
    """Grounded answers that follow the shop, bursts, handoff."""
    bubbles = demo.ask(LUCIA, QUESTION)
    check(bubbles, "the phone got an answer")
    installed = demo.seen.get("installed in", demo.began)
    print(f"  --  start to first bubble: {demo.seen['first bubble'] - demo.began:.1f} s")
    print(f"  --  installed to first bubble: {demo.seen['first bubble'] - installed:.1f} s", flush=True)
    check(demo.seen["first bubble"] - installed <= 60, "at most 60 s from installed to the first bubble")
    for bubble in bubbles:
        print(f"      · {bubble.get('image_url') or bubble.get('text')!r}", flush=True)
    product = grounded(bubbles, demo.shop())
    check(product, "the bubbles carry a real product's price, picture and link")
    assert product
    name = f"{product['name']['es']} Edición Luna"
    path = f"/sandbox/shops/{STORE}/products/{product['id']}"
    call("PATCH", demo.url("SANDBOX", path), {"name": {"es": name}, "price": "98765.00", "promotional_price": None})
    again = "\n".join(bubble.get("text") or "" for bubble in demo.ask(LUCIA, QUESTION))
    check("98.765" in again or "98765" in again, "the answer follows the shop's new price")
    check("Edición Luna" in again, "and its new name")

    runs = demo.chat_runs()
    burst = demo.ask(MARTINA, "Hola!", "buenas", "una pregunta", "tenés medias", "puntas?")
    check(1 <= len(burst) <= 4, f"five quick messages got {len(burst)} bubbles (1 to 4)")
    check(demo.chat_runs() - runs == 1, f"and {demo.chat_runs() - runs} run(s) of /chat (1)")

    check(demo.ask(SOFIA, "Quiero hablar con una persona"), "asking for a person is answered")
    until = time.monotonic() + 30
    while not (mails := call("GET", demo.url("SANDBOX", "/sandbox/mail"))["mails"]) and time.monotonic() < until:
        time.sleep(0.3)
    check(mails, "the mailbox shows the e-mail")
    known = len(demo.bubbles(SOFIA))
    demo.write(SOFIA, "Hola? tenés mallas?")
    time.sleep(10)
    check(len(demo.bubbles(SOFIA)) == known, "and the bot stays silent")


def walk_agenda(demo: Demo) -> None:
    """Both faces of the built agenda, with the script that they name."""
    for service, path in (("FRONTEND_REACT", "/"), ("PLATFORM_UI", "/agenda/")):
        address = demo.url(service, path)
        with urllib.request.urlopen(address, timeout=10) as response:  # noqa: S310 - loopback http only
            script = re.search(r'src="\./(assets/[^"]+\.js)"', response.read().decode())
        check(script, f"the agenda stands at {path} of {service}")
        assert script
        with urllib.request.urlopen(address + script[1], timeout=10) as response:  # noqa: S310 - the same
            check(len(response.read()) > 100_000, "with its script")


def walk_history(demo: Demo) -> None:
    """The panel's API still knows the conversation."""
    headers = {"X-Admin-Token": demo.secret("ADMIN_TOKEN"), "X-Tenant-ID": "1"}
    base = demo.url("ORCHESTRATOR_SERVICE", "/admin/chats")
    answer = call("GET", base, None, headers)
    chats = answer if isinstance(answer, list) else next(v for v in answer.values() if isinstance(v, list))
    lucia = [chat for chat in chats if re.sub(r"\D", "", chat["external_user_id"])[-8:] == LUCIA[-8:]]
    check(len(lucia) == 1, "the panel's API lists the conversation after a restart")
    page = json.dumps(call("GET", f"{base}/{lucia[0]['id']}/messages", None, headers), ensure_ascii=False)
    check(QUESTION in page and "98.765" in page, "with its messages")


def main() -> None:
    """The whole walk in the clone named by the first argument."""
    clone = Path(sys.argv[1])
    ports = free_ports()
    demo = Demo(clone, ports)
    try:
        demo.until_ready()
        walk_answers(demo)
        walk_agenda(demo)
        demo.interrupt()
        demo = Demo(clone, ports)
        demo.until_ready(60)
        walk_history(demo)
        demo.interrupt()
    finally:
        if demo.process.poll() is None:
            for log in sorted((demo.data / "logs").glob("*service*.log")):
                print(f"--- {log.name}\n" + "\n".join(log.read_text(errors="replace").splitlines()[-15:]))
            os.killpg(demo.process.pid, signal.SIGTERM)
            demo.process.wait(30)
        # As root the cluster stands outside the clone, which the caller deletes.
        outside = (demo.data / "postgres").resolve()
        if clone not in outside.parents and outside.name.startswith("postgres-"):
            subprocess.run(["rm", "-rf", outside], check=False)


main()
