"""The environment of contract.md section 2 as one typed object, read once per process."""

from functools import lru_cache
from pathlib import Path
from typing import Literal

from pydantic import AliasChoices, Field, ValidationError, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict


class StartRefusedError(RuntimeError):
    """A service will not start like this; the message is the one line that the operator reads."""


class MissingSettingError(StartRefusedError):
    """A service was started without a setting that it cannot run without."""


class WrongSettingError(StartRefusedError):
    """A variable holds what it cannot hold."""


def _names(*names: str) -> AliasChoices:
    return AliasChoices(*names)


def one_scheme(dsn: str) -> str:
    """Accept the DSN spellings that other tools write (`postgresql+asyncpg://`, `postgres://`)."""
    for scheme in ("postgresql+asyncpg://", "postgres://"):
        if dsn.startswith(scheme):
            return "postgresql://" + dsn.removeprefix(scheme)
    return dsn


class Settings(BaseSettings):
    """Every variable of the contract whose part is built, with its default; names as in the environment."""

    model_config = SettingsConfigDict(env_file=".env", extra="ignore", env_ignore_empty=True)

    # ports
    whatsapp_service_port: int = 8002
    orchestrator_service_port: int = 8000
    platform_ui_port: int | None = None
    frontend_react_port: int = 4173
    bff_service_port: int = 3000
    tiendanube_service_port: int = 8001
    sandbox_port: int = 8900
    nexus_host: str = "127.0.0.1"
    whatsapp_public_url: str = ""  # where YCloud finds the WhatsApp Service from outside, for the panel to show
    orchestrator_service_url: str = ""  # where the others find the Orchestrator; else this machine and its port

    # stores
    postgres_dsn: str = ""
    postgres_owner_dsn: str = ""
    redis_url: str = ""
    nexus_data_dir: Path = Path(".nexus")
    nexus_pg_bin: str = ""
    nexus_media_dir: Path | None = None

    # secrets
    internal_api_token: str = ""
    admin_token: str = ""
    encryption_key: str = ""
    # While a secret is being changed: what is accepted, and read, beside it (docs/rotation.md)
    internal_api_token_also: str = ""
    admin_token_also: str = ""
    encryption_key_also: str = ""
    nexus_backup_key: str = ""  # of `backup` and `restore` alone

    # YCloud
    ycloud_api_key: str = ""
    ycloud_webhook_secret: str = ""
    ycloud_base_url: str = "https://api.ycloud.com/v2"
    ycloud_signature_late_seconds: int = 25_200
    ycloud_signature_future_seconds: int = 300
    ycloud_previous_secret_hours: float = Field(24.0, ge=0, le=720)  # how long a webhook's former secret still counts

    # Tienda Nube
    tiendanube_store_id: str = Field("", validation_alias=_names("TIENDANUBE_STORE_ID", "GLOBAL_TN_STORE_ID"))
    tiendanube_access_token: str = Field(
        "", validation_alias=_names("TIENDANUBE_ACCESS_TOKEN", "GLOBAL_TN_ACCESS_TOKEN")
    )
    tiendanube_base_url: str = "https://api.tiendanube.com"
    tiendanube_api_version: str = "2025-03"
    tiendanube_user_agent: str = "Nexus (soporte@nexus.invalid)"
    tiendanube_auth_headers: Literal["both", "authorization", "authentication"] = "both"
    tiendanube_privacy_unsigned: bool = False  # of tests alone: whoever knows a shop's number could erase its customers
    shop_erasure_grace_hours: float = Field(48.0, ge=0, le=720)  # from a shop's request to its erasure

    # model
    openai_api_key: str = ""
    llm_base_url: str = Field("", validation_alias=_names("LLM_BASE_URL", "OPENAI_BASE_URL"))
    llm_api_key: str = Field("", validation_alias=_names("LLM_API_KEY", "OPENAI_API_KEY"))
    llm_model: str = Field("gpt-6-luna", validation_alias=_names("LLM_MODEL", "OPENAI_MODEL"))
    llm_fallback_model: str = ""  # when LLM_MODEL does not answer: another one of the same server and key
    llm_api: Literal["auto", "responses", "chat"] = "auto"
    llm_final: Literal["tool", "provider", "text"] = "tool"

    # voice notes, S-018
    stt_base_url: str = ""
    stt_api_key: str = ""
    stt_model: str = "gpt-transcribe"

    # default tenant, S-049
    store_name: str = ""
    bot_phone_number: str = ""
    store_website: str = ""
    store_description: str = ""
    store_catalog_knowledge: str = ""
    store_location: str = ""
    store_address: str = ""
    shipping_partners: str = ""
    global_system_prompt: str = ""
    handoff_email: str = Field("", validation_alias=_names("HANDOFF_EMAIL", "HANDOFF_TARGET_EMAIL"))
    smtp_host: str = ""
    smtp_port: int = 587
    smtp_security: Literal["SSL", "STARTTLS", "NONE"] = "STARTTLS"
    smtp_user: str = Field("", validation_alias=_names("SMTP_USER", "SMTP_USERNAME"))
    smtp_pass: str = Field("", validation_alias=_names("SMTP_PASS", "SMTP_PASSWORD"))

    # how long what providers sent is kept whole (docs/keeping.md); shops have days of their own
    keep_provider_events_days: int = Field(30, ge=7)

    # alerts to whoever runs this (docs/alerts.md)
    alert_email: str = ""
    alert_webhook_url: str = ""
    alert_webhook_secret: str = ""
    alert_failed_answers: int = Field(3, ge=1)
    alert_backup_hours: float = Field(36.0, gt=0)

    # pipeline
    whatsapp_debounce_seconds: float = Field(2.0, ge=0, le=60)
    whatsapp_debounce_max_seconds: float = Field(6.0, ge=0, le=300)
    answer_deadline_seconds: float = Field(25.0, gt=0, le=120)
    drain_notice_seconds: float = Field(0.0, ge=0, le=30)  # of /ready's 503 before the port closes
    memory_window: int = Field(20, ge=1, le=200)
    handoff_lockout_hours: float = Field(24.0, gt=0)
    sync_environment_force: bool = False

    # browsers
    platform_ui_url: str = ""  # where people open the panel, as mails say it; else this machine and its port
    cors_allowed_origins: str = Field("", validation_alias=_names("CORS_ALLOWED_ORIGINS", "CORS_ORIGINS"))
    api_base_url: str = ""

    # development
    env: str = "production"
    log_level: str = "INFO"
    egress_allow_loopback: bool = False
    nexus_fault: str = ""

    @field_validator("postgres_dsn", "postgres_owner_dsn")
    @classmethod
    def _one_scheme(cls, dsn: str) -> str:
        return one_scheme(dsn)

    @field_validator("smtp_security", mode="before")
    @classmethod
    def _upper(cls, value: object) -> object:
        return value.upper() if isinstance(value, str) else value

    @property
    def internal_tokens(self) -> tuple[str, ...]:
        """What callers of our services may show."""
        return self.internal_api_token, self.internal_api_token_also

    @property
    def admin_tokens(self) -> tuple[str, ...]:
        """What machines that call the admin API may show."""
        return self.admin_token, self.admin_token_also

    @property
    def media_dir(self) -> Path:
        """Where customers' files are kept; the services share it."""
        return self.nexus_media_dir or self.nexus_data_dir / "media"

    @property
    def orchestrator_url(self) -> str:
        """Base URL of the Orchestrator for the services beside it."""
        here = f"http://{self._this_machine}:{self.orchestrator_service_port}"
        return self.orchestrator_service_url.rstrip("/") or here

    @property
    def panel_url(self) -> str:
        """Where people open the panel; never taken from a request, whose host anybody may write."""
        port = self.platform_ui_port or 80
        here = f"http://{self._this_machine}" + (f":{port}" if port != 80 else "")
        return self.platform_ui_url.rstrip("/") or here

    @property
    def _this_machine(self) -> str:
        host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(self.nexus_host, self.nexus_host)  # noqa: S104 - not bound
        return f"[{host}]" if ":" in host else host

    @property
    def cors_origins(self) -> list[str]:
        """Origins allowed to call us with credentials, S-075; never `*`."""
        return [o.strip().rstrip("/") for o in self.cors_allowed_origins.split(",") if o.strip() not in ("", "*")]

    def require(self, *names: str) -> None:
        """Refuse to start without these settings (S-108).

        Raises MissingSettingError naming the environment variables.
        """
        missing = [name.upper() for name in names if not getattr(self, name)]
        if missing:
            raise MissingSettingError("faltan variables de entorno obligatorias: " + ", ".join(missing))


@lru_cache(maxsize=1)
def get_settings() -> Settings:
    """The process's settings; the environment is read at the first call.

    Raises WrongSettingError naming every variable that cannot be read; values are not repeated: they may be secrets.
    """
    try:
        return Settings()
    except ValidationError as error:
        wrong = "; ".join(f"{str(problem['loc'][0]).upper()}: {problem['msg']}" for problem in error.errors())
        raise WrongSettingError(f"variables de entorno con valores que no sirven: {wrong}") from error
