from nexus.orchestrator_service.agent.outcome import Answered


async def test_try(shop, sandbox):
    out = await shop.ask("Hola! Tenés puntas de danza talle 37?")
    print(out)
    print([e for e in await shop.events()])
    assert isinstance(out, Answered)
