"""The speech server's own variables (docs/speech.md); it may run on another machine, without anything else of Nexus."""

from pathlib import Path

from pydantic import Field, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from nexus.runtime.settings import WrongSettingError

ROOT = Path(__file__).resolve().parents[3]


class SpeechServerSettings(BaseSettings):
    """`SPEECH_SERVER_*` with their defaults."""

    model_config = SettingsConfigDict(env_prefix="SPEECH_SERVER_", extra="ignore", env_ignore_empty=True)

    host: str = "127.0.0.1"  # not NEXUS_HOST: opening the services must not open a door that asks for no key
    port: int = Field(8950, ge=1, le=65_535)
    api_key: str = ""  # empty: whoever reaches the port may use it
    model: Path | None = None  # a CTranslate2 folder; none: the Whisper base that comes with the extra
    device: str = "cpu"  # cpu, cuda or auto
    compute_type: str = "int8"
    threads: int = Field(0, ge=0, le=256)  # 0: ctranslate2 chooses
    queue: int = Field(8, ge=0, le=1000)  # notes that may wait behind the one being heard
    language: str = "es"
    data_dir: Path = Field(Path(".nexus"), validation_alias="NEXUS_DATA_DIR")
    log_level: str = Field("INFO", validation_alias="LOG_LEVEL")

    @property
    def model_folder(self) -> Path | None:
        """The operator's own model, if any; a relative folder stands in the clone, where `.env` stands."""
        return self.model and (ROOT / self.model.expanduser()).resolve()

    @property
    def speech_folder(self) -> Path:
        """Where the joined model is kept; a relative data folder stands in the clone, too."""
        return ROOT / self.data_dir / "speech"


def read_settings() -> SpeechServerSettings:
    """The environment as settings.

    Raises WrongSettingError naming every variable that cannot be read; values are not repeated: they may be secrets.
    """
    try:
        return SpeechServerSettings()
    except ValidationError as error:
        wrong = "; ".join(f"{_variable(problem['loc'][0])}: {problem['msg']}" for problem in error.errors())
        raise WrongSettingError(f"variables de entorno con valores que no sirven: {wrong}") from error


def _variable(place: int | str) -> str:
    """An aliased field is reported by its variable, the others by their field."""
    name = str(place).upper()
    return name if name in ("NEXUS_DATA_DIR", "LOG_LEVEL") else f"SPEECH_SERVER_{name}"
