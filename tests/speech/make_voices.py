"""Makes the sandbox's voice samples: `python tests/speech/make_voices.py`, with espeak-ng and opus-tools installed.

The notes are committed, so nobody needs this to run or test Nexus; it is how they were made and how to make more.
espeak-ng speaks es-419 at 150 words a minute and opusenc writes what WhatsApp sends: Ogg/Opus, mono, 16 kbit/s,
tuned for speech. The sentences are ones that Whisper base understands from this robotic voice. Running it again
with the same versions (Debian 12: espeak-ng 1.51, opus-tools 0.2) gives the same bytes, and so the same sha256.
"""

import json
import subprocess
import sys
import tempfile
import wave
from pathlib import Path

VOICES = Path(__file__).parents[2] / "src" / "nexus" / "sandbox" / "data" / "voices"
SENTENCES = {
    "voz-puntas": "Hola, ¿tenés puntas de danza talle treinta y siete?",
    "voz-envio": "¿Cuánto sale el envío a Córdoba?",
    "voz-cambio": "¿Hacen cambios si la malla me queda chica?",
    "voz-persona": "Quiero hablar con una persona.",
}


def record(sentence: str, note: Path, serial: int) -> float:
    """Speak the sentence into an Ogg/Opus file; its seconds."""
    with tempfile.TemporaryDirectory() as folder:
        spoken = Path(folder) / "spoken.wav"
        subprocess.run(["espeak-ng", "-v", "es-419", "-s", "150", "-w", spoken, sentence], check=True)
        # A fixed stream serial and no padding: the sandbox knows its notes by the hash of their bytes.
        encode = ["opusenc", "--quiet", "--speech", "--bitrate", "16", "--padding", "0", "--serial", str(serial)]
        subprocess.run([*encode, "--downmix-mono", spoken, note], check=True)
        with wave.open(str(spoken)) as sound:
            return round(sound.getnframes() / sound.getframerate(), 1)


def main() -> int:
    """Write every note and `voices.json`, the list of them."""
    VOICES.mkdir(parents=True, exist_ok=True)
    listed = []
    for serial, (name, sentence) in enumerate(SENTENCES.items(), start=1):
        seconds = record(sentence, VOICES / f"{name}.ogg", serial)
        listed.append({"id": name, "file": f"{name}.ogg", "transcript": sentence, "seconds": seconds})
    text = json.dumps(listed, ensure_ascii=False, indent=2) + "\n"
    (VOICES / "voices.json").write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
