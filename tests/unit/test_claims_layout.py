"""What a reader sees of a raw file, and where it stands in it."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from pipelines.claims.layout import blocks
from pipelines.claims.sentences import LONGEST, sentence_spans

PAGE = """<html><head><title>T</title><style>p {}</style></head><body>
<nav><a href="/">Home page</a></nav>
<p>Two <b>ships</b> at&nbsp;Tartus &amp; one
tug.</p><script>say("ten ships sank at Tartus")</script><!-- five tanks -->
<ul><li>first</li><li>second</li></ul></body></html>"""


def seen(raw: str) -> list[tuple[str, str]]:
    return [(block.kind, block.text) for block in blocks(raw)[0]]


def test_a_page_is_read_by_its_tags() -> None:
    assert seen(PAGE) == [
        ("aside", "Home page"),
        ("text", "Two ships at Tartus & one tug."),
        ("item", "first"),
        ("item", "second"),
    ]


def test_scripts_and_comments_are_hidden() -> None:
    hidden = [PAGE[part.start : part.end] for part in blocks(PAGE)[1]]
    assert any("ten ships sank" in part for part in hidden)
    assert any("five tanks" in part for part in hidden)


def test_markdown_is_read_without_its_marks() -> None:
    raw = "# Head\n\nTwo **tanks** and [a *road*](http://x.org/y).\n- one\n- two\n\n> said so\n"
    assert seen(raw) == [
        ("heading", "Head"),
        ("text", "Two tanks and a road."),
        ("item", "one"),
        ("item", "two"),
        ("text", "said so"),
    ]


def test_wrapped_lines_are_one_paragraph_and_unwrapped_ones_are_not() -> None:
    wrapped = "The two ships that lay at the pier on Monday had\nleft by the next morning, he said."
    assert [text for _, text in seen(wrapped)] == [wrapped.replace("\n", " ")]
    assert len(seen("A headline\nA first paragraph of one line.\nA second one.")) == 3


def test_a_span_of_a_block_cuts_the_raw_file_markup_included() -> None:
    (_, block, *_), _ = blocks(PAGE)
    start, end = block.raw_span(0, len("Two ships"))
    assert PAGE[start:end] == "Two <b>ships"


@given(st.text(alphabet=st.sampled_from("ab Z.,!<>/&;#*_[]()`-\n\t“é\u200b"), max_size=120))
def test_every_character_of_a_block_points_at_itself(raw: str) -> None:
    for block in blocks(raw)[0]:
        assert len(block.text) == len(block.starts) == len(block.ends)
        places = list(zip(block.text, block.starts, block.ends, strict=True))
        assert all(0 <= start < end <= len(raw) for _, start, end in places)
        assert [start for _, start, _ in places] == sorted(block.starts)
        for character, start, end in places:
            assert character == " " or character == raw[start:end] or raw[start] == "&"


def test_abbreviations_do_not_end_a_sentence() -> None:
    text = "Gen. Smith of the U.S. Army left St. Petersburg at 5 a.m. on Jan. 3. He was alone."
    assert [text[a:b] for a, b in sentence_spans(text)] == [
        "Gen. Smith of the U.S. Army left St. Petersburg at 5 a.m. on Jan. 3.",
        "He was alone.",
    ]


def test_a_stretch_without_a_stop_is_cut() -> None:
    spans = list(sentence_spans("word " * LONGEST))
    assert len(spans) > 3
    assert all(end - start <= LONGEST for start, end in spans)
