"""A log that grew too long is moved aside under its writer, who goes on in the same file."""

from pathlib import Path

from nexus.embedded.processes import LOG_BYTES, shorten


def test_a_long_log_is_moved_and_its_writer_goes_on(tmp_path: Path) -> None:
    log = tmp_path / "service.log"
    with log.open("ab", buffering=0) as writer:
        writer.write(b"x" * LOG_BYTES)
        shorten(log)
        assert not (tmp_path / "service.log.1").exists()
        writer.write(b"uno\n")
        shorten(log)
        writer.write(b"dos\n")
    assert log.read_bytes() == b"dos\n"
    assert (tmp_path / "service.log.1").stat().st_size == LOG_BYTES + 4
    shorten(tmp_path / "nobody.log")
