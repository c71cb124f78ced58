"""The listener behind the door: faster-whisper on a CTranslate2 model, PyAV for every audio that WhatsApp sends."""

import io
import threading
from pathlib import Path
from typing import Any

import av
import numpy
from faster_whisper import WhisperModel

from nexus.runtime.settings import StartRefusedError
from nexus.speech_server.recordings import Heard, Recording, RefusedRecordingError

MAX_SECONDS = 30 * 60
"""Decoded, half an hour takes 115 MB; 25 MB of Opus silence would last for days."""

_RATE = 16_000
# Only these: FFmpeg's playlist formats (hls, concat) would open files and addresses that the upload names.
_FORMATS = {"format_whitelist": "ogg,mp3,flac,wav,aac,amr,aiff,matroska,webm,mov,mp4,m4a", "protocol_whitelist": "none"}
_TEMPERATURES = (0.0, 0.4)
"""All six of the usual ladder take up to 9 s on two cores for a note that stays unclear; a burst waits 8 s."""
_MOST_REPETITIVE = 2.4
"""Whisper's own bound on how far a text may compress: past it the model went round in circles."""


class WhisperListener:
    """One loaded model; `hear` is called by one thread at a time."""

    def __init__(self, folder: Path, *, device: str, compute_type: str, threads: int) -> None:
        """Load the model, 1 to 3 s. Raises StartRefusedError when ctranslate2 cannot."""
        try:
            self._model = WhisperModel(str(folder), device=device, compute_type=compute_type, cpu_threads=threads)
        except (RuntimeError, ValueError, OSError) as error:
            raise StartRefusedError(f"no pude cargar el modelo de {folder}: {error}") from error

    def hear(self, recording: Recording, abandoned: threading.Event) -> Heard:
        """See Listener. Voice detection keeps Whisper from inventing words over silence and noise."""
        if recording.language not in self._model.supported_languages:
            raise RefusedRecordingError("invalid_language", f"El modelo no conoce el idioma {recording.language!r}.")
        samples = decoded(recording.sound)
        segments, _ = self._model.transcribe(
            samples,
            language=recording.language,
            beam_size=5,
            initial_prompt=recording.vocabulary or None,
            temperature=_TEMPERATURES,
            vad_filter=True,
        )
        words = []
        for segment in segments:
            if segment.compression_ratio <= _MOST_REPETITIVE:
                words.append(segment.text)
            if abandoned.is_set():
                break
        return Heard("".join(words).strip(), round(len(samples) / _RATE, 2))


def decoded(sound: bytes) -> Any:
    """The recording as mono float samples at 16 kHz; of a damaged file what comes before the damage.

    Raises RefusedRecordingError when nothing in it can be heard or it is too long.
    """
    pieces: list[Any] = []
    try:
        _decode_into(pieces, sound)
    except (av.FFmpegError, ValueError, IndexError) as error:
        if not pieces:
            raise RefusedRecordingError("invalid_audio", "El archivo no es un audio que se pueda leer.") from error
    if not pieces:
        raise RefusedRecordingError("invalid_audio", "El archivo no trae ningún audio.")
    return numpy.concatenate(pieces)


def _decode_into(pieces: list[Any], sound: bytes) -> None:
    room = MAX_SECONDS * _RATE
    with av.open(io.BytesIO(sound), mode="r", options=_FORMATS, metadata_errors="ignore") as container:
        resampler = av.AudioResampler(format="flt", layout="mono", rate=_RATE)
        for frame in container.decode(audio=0):
            for piece in resampler.resample(frame):
                pieces.append(piece.to_ndarray().reshape(-1))
                room -= pieces[-1].size
            if room < 0:
                raise RefusedRecordingError("audio_too_long", f"El audio pasa de {MAX_SECONDS // 60} minutos.")
        pieces.extend(piece.to_ndarray().reshape(-1) for piece in resampler.resample(None))
