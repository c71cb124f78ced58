"""What axe-core finds wrong with a page as it stands; its rules of WCAG 2.2 A and AA."""

from functools import cache

from playwright.async_api import Page

from tests.service import ROOT

_RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
_ASK = """async (tags) => {
    const found = await axe.run(document, { runOnly: tags, resultTypes: ['violations'] });
    return found.violations.filter(({ impact }) => ['serious', 'critical'].includes(impact))
        .flatMap(({ id, nodes }) => nodes.map((node) => `${id}: ${node.html} (${node.failureSummary})`)); }"""


@cache
def _source() -> str:
    return (ROOT / "frontend_react" / "node_modules" / "axe-core" / "axe.min.js").read_text(encoding="utf-8")


async def serious_faults(page: Page) -> list[str]:
    """Each serious or critical violation: the rule, the element and what to do."""
    # Evaluated by the browser's own tools: the page's policy would refuse it as a script.
    if not await page.evaluate("() => 'axe' in window"):
        await page.evaluate(_source())
    return [str(fault) for fault in await page.evaluate(_ASK, _RULES)]
