"""What a message says, as a mail program shows it, and what none may say."""

from html.parser import HTMLParser

from checkin.channels.rendering import one_line

# What a message must not say where others may read it over a shoulder.
PRIVATE = "|".join(
    ("depress", "ketamin", "infus", "phq", "suicid", "score", "dose", "therap", "treat", "clinic", "patient")
    + ("mood", "symptom", "health", "drug", "medic", "doctor", "nurse", "question", "answers")
)
UNKIND = "missed|overdue|forgot|sorry|well done|great|streak|must|fail|\\blate\\b"


class Page(HTMLParser):
    """What a mail program makes of the HTML part."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.links: list[str | None] = []
        self.attributes: dict[str, dict[str, str | None]] = {}
        self.said: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes[tag] = dict(attrs)
        if tag == "a":
            self.links.append(dict(attrs)["href"])

    def handle_data(self, data: str) -> None:
        self.said.append(data)

    @property
    def text(self) -> str:
        return one_line(" ".join(self.said))
