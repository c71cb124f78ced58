"""Settings from files: `ADMIN_TOKEN_FILE=/run/secrets/admin_token`, as containers and systemd hand secrets over."""

from collections.abc import Mapping
from pathlib import Path

from pydantic import AliasChoices

from nexus.runtime.settings import Settings, StartRefusedError

_SUFFIX = "_FILE"


def with_secret_files(environ: Mapping[str, str]) -> dict[str, str]:
    """The environment with `NAME` from the file that `NAME_FILE` names, for every setting; an empty file is unset.

    Only settings' own names count, since other programs have variables that end so, too. The result has no
    `NAME_FILE` left: a child that inherits it must not find both. Raises StartRefusedError in one line for a file that
    cannot be read and for a setting that is given both ways.
    """
    read = dict(environ)
    for name in _settings():
        path = read.pop(name + _SUFFIX, "")
        if not path:
            continue
        if read.get(name):
            raise StartRefusedError(f"están {name} y {name}{_SUFFIX}: dejá una sola")
        read[name] = _content(name + _SUFFIX, Path(path))
    return read


def _settings() -> set[str]:
    names = set()
    for field, info in Settings.model_fields.items():
        names.add(field.upper())
        if isinstance(info.validation_alias, AliasChoices):
            names |= {str(choice) for choice in info.validation_alias.choices}
    return names


def _content(variable: str, path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8").rstrip("\r\n")
    except OSError as error:
        raise StartRefusedError(f"{variable}: no puedo leer {path} ({error.strerror})") from error
    except UnicodeDecodeError as error:
        raise StartRefusedError(f"{variable}: {path} no es un texto UTF-8") from error
