"""The environment as one object: aliases, DSN spellings, limits, and what a service must not start without."""

import os

import pytest
from pydantic import ValidationError

from nexus.runtime.settings import MissingSettingError, Settings


def _settings(monkeypatch: pytest.MonkeyPatch, **environment: str) -> Settings:
    for name in os.environ:
        if name.upper() == name and name not in ("PATH", "HOME"):
            monkeypatch.delenv(name)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    return Settings(_env_file=None)


@pytest.mark.parametrize(
    ("alias", "field"),
    [
        ("SMTP_USERNAME", "smtp_user"),
        ("SMTP_PASSWORD", "smtp_pass"),
        ("HANDOFF_TARGET_EMAIL", "handoff_email"),
        ("GLOBAL_TN_STORE_ID", "tiendanube_store_id"),
        ("GLOBAL_TN_ACCESS_TOKEN", "tiendanube_access_token"),
        ("CORS_ORIGINS", "cors_allowed_origins"),
        ("OPENAI_MODEL", "llm_model"),
        ("OPENAI_BASE_URL", "llm_base_url"),
        ("OPENAI_API_KEY", "llm_api_key"),
    ],
)
def test_an_alias_fills_its_setting_and_the_own_name_wins(
    monkeypatch: pytest.MonkeyPatch, alias: str, field: str
) -> None:
    assert getattr(_settings(monkeypatch, **{alias: "from-alias"}), field) == "from-alias"
    both = _settings(monkeypatch, **{alias: "from-alias", field.upper(): "from-name"})
    assert getattr(both, field) == "from-name"


@pytest.mark.parametrize("scheme", ["postgres://", "postgresql://", "postgresql+asyncpg://"])
@pytest.mark.parametrize("name", ["POSTGRES_DSN", "POSTGRES_OWNER_DSN"])
def test_every_spelling_of_a_dsn_is_one_that_the_driver_takes(
    monkeypatch: pytest.MonkeyPatch, scheme: str, name: str
) -> None:
    settings = _settings(monkeypatch, **{name: f"{scheme}nexus_app:pw@db:5432/nexus"})
    assert getattr(settings, name.lower()) == "postgresql://nexus_app:pw@db:5432/nexus"


def test_an_empty_variable_counts_as_unset(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = _settings(monkeypatch, SMTP_PORT="", MEMORY_WINDOW="", LLM_MODEL="", OPENAI_MODEL="other")
    assert (settings.smtp_port, settings.memory_window, settings.llm_model) == (587, 20, "other")


def test_the_contract_s_defaults(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = _settings(monkeypatch)
    assert (settings.whatsapp_service_port, settings.orchestrator_service_port, settings.sandbox_port) == (
        8002,
        8000,
        8900,
    )
    assert (settings.ycloud_signature_late_seconds, settings.ycloud_signature_future_seconds) == (25_200, 300)
    assert (settings.whatsapp_debounce_seconds, settings.whatsapp_debounce_max_seconds) == (2, 6)
    assert (settings.answer_deadline_seconds, settings.memory_window, settings.handoff_lockout_hours) == (25, 20, 24)
    assert (settings.env, settings.egress_allow_loopback, settings.sync_environment_force) == (
        "production",
        False,
        False,
    )


def test_origins_are_a_list_without_a_star(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = _settings(monkeypatch, CORS_ALLOWED_ORIGINS="https://a.test/, *,https://b.test ,")
    assert settings.cors_origins == ["https://a.test", "https://b.test"]


def test_security_of_mail_is_read_in_any_case(monkeypatch: pytest.MonkeyPatch) -> None:
    assert _settings(monkeypatch, SMTP_SECURITY="ssl").smtp_security == "SSL"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("MEMORY_WINDOW", "0"),
        ("WHATSAPP_DEBOUNCE_SECONDS", "-1"),
        ("ANSWER_DEADLINE_SECONDS", "0"),
        ("SMTP_SECURITY", "maybe"),
        ("LLM_API", "soap"),
        ("WHATSAPP_SERVICE_PORT", "many"),
    ],
)
def test_a_value_out_of_range_stops_the_start(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    with pytest.raises(ValidationError):
        _settings(monkeypatch, **{name: value})


def test_what_a_service_cannot_run_without_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = _settings(monkeypatch, INTERNAL_API_TOKEN="x")
    settings.require("internal_api_token")
    with pytest.raises(MissingSettingError, match="POSTGRES_DSN, ENCRYPTION_KEY"):
        settings.require("postgres_dsn", "internal_api_token", "encryption_key")


@pytest.mark.parametrize(
    ("environment", "address"),
    [
        ({}, "http://127.0.0.1"),
        ({"PLATFORM_UI_PORT": "8080", "NEXUS_HOST": "0.0.0.0"}, "http://127.0.0.1:8080"),  # noqa: S104 - not bound
        ({"NEXUS_HOST": "::"}, "http://[::1]"),
        ({"PLATFORM_UI_URL": "https://panel.tienda.example/"}, "https://panel.tienda.example"),
    ],
)
def test_mails_say_where_the_panel_is(
    monkeypatch: pytest.MonkeyPatch, environment: dict[str, str], address: str
) -> None:
    assert _settings(monkeypatch, **environment).panel_url == address
