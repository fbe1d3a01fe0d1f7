from __future__ import annotations

import pytest
from PySide6.QtWidgets import QApplication

from app.chat.message_body import MessageBody

TEXT = """# Title *and* more

A **bold** word, `code`, an \\* escape, &amp; an entity, [a link](http://example.org/word) and a word.
A second line.

- item one
- item `two`

| a | b |
|---|--:|
| cell | 7 |

> quoted words

```python
def f(x):

    return x  # twice
```

Done.
"""


@pytest.mark.parametrize("size", [3, len(TEXT)])
def test_every_letter_of_the_document_comes_from_its_place_in_the_markdown(qapp: QApplication, size: int) -> None:
    body = MessageBody()
    for start in range(0, len(TEXT), size):
        body.add(TEXT[start : start + size])
        body.advance()
    document = body.document()
    traced = {}
    for place in range(document.characterCount() - 1):
        source = body._map.source(place)
        if source is not None:
            letter = document.characterAt(place)
            assert TEXT[source] == letter or (letter, TEXT[source]) in ((" ", "\n"), ("*", "\\"), ("&", "&"))
            traced[source] = letter
    for words in ("Title ", "bold", "code", " escape", "a link", " and a word.", "item one", "two", "cell", "7"):
        at = TEXT.index(words)
        assert all(place in traced for place in range(at, at + len(words))), words
    assert TEXT.index("http://example.org/word") not in traced
    assert all(place in traced for place in range(TEXT.index("def f"), TEXT.index("def f") + 9))


def test_the_way_back_leads_to_the_same_letters(qapp: QApplication) -> None:
    body = MessageBody()
    body.set_markdown(TEXT)
    start = TEXT.index("bold")
    spans = list(body._map.document_spans(start, start + 4))
    assert "".join(
        body.document().characterAt(span.document + index) for span in spans for index in range(span.length)
    ) == ("bold")
