"""Real Opus notes, a real model, our own gateway: opt-in, for it takes the extra stt-local (docs/speech.md)."""

import importlib.util
import json
import os
import re
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import httpx
import pytest

from nexus.gateways.errors import PermanentError
from nexus.runtime.settings import Settings
from tests.speech.make_voices import VOICES
from tests.system import free_port

if TYPE_CHECKING:
    from nexus.gateways.speech import Speech

ROOT = Path(__file__).parents[2]
VOCABULARY = ["puntas de danza", "media punta", "malla", "cambios", "talle 37", "envío a Córdoba"]
KEY = "clave-de-prueba"

pytestmark = [
    pytest.mark.real_audio,
    pytest.mark.skipif(
        importlib.util.find_spec("faster_whisper") is None,
        reason="opcional: falta stt-local (pip install --require-hashes -r requirements-stt.lock)",
    ),
]


@pytest.fixture(scope="module")
def base_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """`nexus run speech-server` as a process, with a data folder of its own: the model is joined anew."""
    port = free_port()
    environment = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(ROOT / "src"),
        "LANG": "C.UTF-8",
        "NEXUS_DATA_DIR": str(tmp_path_factory.mktemp("speech")),
        "SPEECH_SERVER_PORT": str(port),
        "SPEECH_SERVER_API_KEY": KEY,
    }
    command = [sys.executable, "-P", "-m", "nexus", "run", "speech-server", "--no-dotenv"]
    with subprocess.Popen(command, env=environment, stdin=subprocess.DEVNULL) as process:
        try:
            _wait_for(f"http://127.0.0.1:{port}/health", process)
            yield f"http://127.0.0.1:{port}/v1"
        finally:
            process.terminate()


def _wait_for(address: str, process: "subprocess.Popen[bytes]") -> None:
    until = time.monotonic() + 60
    while process.poll() is None and time.monotonic() < until:
        try:
            if httpx.get(address).status_code == 200:
                return
        except httpx.TransportError:
            time.sleep(0.1)
    pytest.fail("the speech server did not start")


@pytest.fixture(params=["whisper-base", "gpt-transcribe"])
async def speech(base_url: str, request: pytest.FixtureRequest) -> "AsyncIterator[Speech]":
    """Our client, which sends the shop's words as a prompt or as keywords, by the model's name."""
    from nexus.gateways.speech import Speech

    client = Speech(Settings(stt_base_url=base_url, stt_api_key=KEY, stt_model=request.param))
    yield client
    await client.close()


@pytest.mark.parametrize(
    ("voice", "words"),
    [
        ("voz-puntas", ["puntas", "37|treinta y siete"]),
        ("voz-envio", ["córdoba|cordoba"]),
        ("voz-cambio", ["malla"]),
        ("voz-persona", ["persona"]),
    ],
)
async def test_the_key_words_of_a_note_are_heard(speech: "Speech", voice: str, words: list[str]) -> None:
    listed = {note["id"]: note for note in json.loads((VOICES / "voices.json").read_text(encoding="utf-8"))}
    sound = (VOICES / listed[voice]["file"]).read_bytes()
    began = time.monotonic()
    heard = await speech.transcribe(1, sound, "audio/ogg", shop="Pas de Deux", vocabulary=VOCABULARY, deadline=30)
    took = time.monotonic() - began
    print(f"{voice}: {took:.2f} s, said {listed[voice]['transcript']!r}, heard {heard!r}")
    for word in words:
        assert re.search(rf"\b({word})\b", heard.lower()), heard


async def test_what_is_no_audio_is_refused_for_good(speech: "Speech") -> None:
    with pytest.raises(PermanentError):
        await speech.transcribe(1, b"<html></html>", "audio/ogg", shop="", vocabulary=[], deadline=30)


async def test_a_playlist_opens_no_file_of_the_machine(speech: "Speech") -> None:
    playlist = f"ffconcat version 1.0\nfile {VOICES / 'voz-puntas.ogg'}\n".encode()
    with pytest.raises(PermanentError):
        await speech.transcribe(1, playlist, "audio/ogg", shop="", vocabulary=[], deadline=30)
