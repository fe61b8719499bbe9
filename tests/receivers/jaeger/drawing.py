"""The picture, as SVG."""

from dataclasses import dataclass
from html import escape

from jaeger import Span

WIDTH, MARGIN = 860, 24
FONT = "ui-monospace,SFMono-Regular,Menlo,Consolas,'DejaVu Sans Mono',monospace"
# The map.
NODE_WIDTH, NODE_HEIGHT, LEVEL, ROW = 178, 38, 310, 70
# The waterfalls.
LINE, INDENT, BARS, BARS_END, DURATIONS_END = 26, 16, 400, 740, 836


@dataclass
class Theme:
    page: str
    border: str
    text: str
    dim: str
    client: str
    gateway: str
    application: str
    error: str


THEMES = {
    "light": Theme("#ffffff", "#cbd5e1", "#0f172a", "#64748b", "#64748b", "#a21caf", "#0369a1", "#be123c"),
    "dark": Theme("#0f172a", "#334155", "#e2e8f0", "#94a3b8", "#94a3b8", "#e879f9", "#38bdf8", "#fb7185"),
}


def picture(theme: Theme, edges: dict[tuple[str, str], int], gateways: set[str], traces: list[list[Span]]) -> str:
    body: list[str] = []
    top = draw_map(body, theme, edges, gateways, MARGIN)
    for trace in traces:
        top = draw_waterfall(body, theme, trace, gateways, top + 22)
    height = top + MARGIN
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" height="{height}" '
        f'role="img">\n<title>Jaeger: the map of services, and two traces</title>\n'
        f"<style>text{{font:13px {FONT};fill:{theme.text}}}.dim{{fill:{theme.dim}}}.small{{font-size:11px}}"
        f".title{{font-weight:bold}}.middle{{text-anchor:middle}}.end{{text-anchor:end}}</style>\n"
        f'<rect x="0.5" y="0.5" width="{WIDTH - 1}" height="{height - 1}" rx="12" fill="{theme.page}" '
        f'stroke="{theme.border}"/>\n'
        f'<defs><marker id="tip" viewBox="0 0 8 8" refX="8" refY="4" markerWidth="8" markerHeight="8" orient="auto">'
        f'<path d="M0,0L8,4L0,8z" fill="{theme.dim}"/></marker></defs>\n'
    )
    return head + "\n".join(body) + "\n</svg>\n"


def draw_map(body: list[str], theme: Theme, edges: dict[tuple[str, str], int], gateways: set[str], top: int) -> int:
    """Whoever calls stands left of who is called."""
    text(body, MARGIN, top + 12, "Dependencies: calls from service to service", "title")
    top += 30
    columns = levels(edges)
    rows = max(map(len, columns))
    places = {}
    for level, services in enumerate(columns):
        for row, service in enumerate(services):
            x = MARGIN + level * LEVEL
            y = top + row * ROW + (rows - len(services)) * ROW // 2
            places[service] = x, y
    for (parent, child), calls in edges.items():
        (x1, y1), (x2, y2) = places[parent], places[child]
        start, end = (x1 + NODE_WIDTH, y1 + NODE_HEIGHT // 2), (x2, y2 + NODE_HEIGHT // 2)
        line = f"M{start[0]},{start[1]}L{end[0]},{end[1]}"
        body.append(f'<path d="{line}" stroke="{theme.dim}" fill="none" marker-end="url(#tip)"/>')
        text(body, (start[0] + end[0]) // 2, (start[1] + end[1]) // 2 - 6, str(calls), "small dim middle")
    for service, (x, y) in places.items():
        colour = colour_of(theme, service, gateways, is_caller=service in columns[0])
        body.append(
            f'<rect x="{x}" y="{y}" width="{NODE_WIDTH}" height="{NODE_HEIGHT}" rx="8" fill="{theme.page}" '
            f'stroke="{colour}" stroke-width="1.5"/>'
        )
        text(body, x + NODE_WIDTH // 2, y + NODE_HEIGHT // 2 + 5, service, "middle", colour)
    return top + rows * ROW - (ROW - NODE_HEIGHT)


def levels(edges: dict[tuple[str, str], int]) -> list[list[str]]:
    """From who is never called to who never calls; nobody calls in a circle here."""
    level: dict[str, int] = {}
    services = sorted({service for edge in edges for service in edge})
    for _ in services:
        for service in services:
            callers = [level.get(parent, 0) + 1 for parent, child in edges if child == service]
            level[service] = max(callers, default=0)
    last = max(level.values())
    # A gateway that only untraced clients call stands among the gateways.
    for parent, child in edges:
        if level[child] == last:
            level[parent] = max(level[parent], last - 1)
    return [[service for service in services if level[service] == column] for column in range(last + 1)]


def draw_waterfall(body: list[str], theme: Theme, trace: list[Span], gateways: set[str], top: int) -> int:
    start = min(span.start for span in trace)
    whole = max(span.start + span.duration for span in trace) - start
    gateway = next(span for span in trace if "_dd.inferred_span" in span.tags)
    title = f"{gateway.tags['http.request.method']} {gateway.tags['url.full']}"
    body.append(f'<line x1="{MARGIN}" y1="{top - 8}" x2="{WIDTH - MARGIN}" y2="{top - 8}" stroke="{theme.border}"/>')
    text(body, MARGIN, top + 14, title, "title")
    status = gateway.tags["http.response.status_code"]
    text(body, DURATIONS_END, top + 14, str(status), "title end", theme.error if gateway.tags.get("error") else "")
    top += LINE
    for depth, span in enumerate(trace):
        baseline = top + 17
        colour = colour_of(theme, span.service, gateways, is_caller=span.kind == "client")
        text(body, MARGIN, baseline, span.service, "", colour)
        text(body, MARGIN + 178 + depth * INDENT, baseline, span.name)
        x = BARS + (span.start - start) * (BARS_END - BARS) / whole
        width = max(2.0, span.duration * (BARS_END - BARS) / whole)
        bar = theme.error if span.tags.get("error") else colour
        body.append(f'<rect x="{x:.1f}" y="{top + 6}" width="{width:.1f}" height="13" rx="2" fill="{bar}"/>')
        text(body, DURATIONS_END, baseline, f"{span.duration / 1000:.1f} ms", "end dim")
        top += LINE
    return top


def colour_of(theme: Theme, service: str, gateways: set[str], is_caller: bool) -> str:
    if service in gateways:
        return theme.gateway
    return theme.client if is_caller else theme.application


def text(body: list[str], x: int, y: int, said: str, style: str = "", colour: str = "") -> None:
    colour = f' style="fill:{colour}"' if colour else ""
    style = f' class="{style}"' if style else ""
    body.append(f'<text{style}{colour} x="{x}" y="{y}">{escape(said)}</text>')
