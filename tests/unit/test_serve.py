"""How a service comes up."""

import gc

import uvicorn
from starlette.applications import Starlette

from nexus.runtime.serve import Server
from tests.system import free_port


async def test_what_stands_at_the_start_is_not_looked_through_for_rubbish_again() -> None:
    config = uvicorn.Config(Starlette(), port=free_port(), log_config=None)
    config.load()
    server = Server(config, None)
    server.lifespan = config.lifespan_class(config)
    gc.unfreeze()
    await server.startup()
    assert gc.get_freeze_count() > 10_000
    await server.shutdown()
