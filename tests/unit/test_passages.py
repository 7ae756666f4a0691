"""Of an article only the paragraphs with statements are kept, and where they stand in them."""

from __future__ import annotations

import json

from pipelines.claims.claim import Claim
from pipelines.passages import AROUND, passages, quoted, write

TEXT = "Title\n\nOne stood here. More words.\n\nNothing is said.\n\nTwo left there."
PAGE = "<p>Before</p><p>One <b>stood</b> here &amp; there.</p><p>After</p>"


def claim(name, quote, text, **fields):
    start = text.index(quote)
    return Claim.from_dict(
        {
            "id": name,
            "quote": quote,
            "start": start,
            "end": start + len(quote),
            "site": "A place",
            "object_class": "vessel",
            "predicate": "present",
            "checkable": False,
            "reason": "background",
            **fields,
        }
    )


def cut(passage):
    return [passage.text[span.start : span.end] for span in passage.spans]


def test_paragraphs_with_statements_and_how_much_is_left_out_between():
    listed = [claim("a", "One stood here", TEXT), claim("b", "Two left there", TEXT)]
    first, second = passages(TEXT, listed)
    assert (first.text, cut(first), first.skipped) == (
        "One stood here. More words.",
        ["One stood here"],
        len("Title"),
    )
    assert (second.text, cut(second)) == ("Two left there.", ["Two left there"])
    assert second.skipped == len("Nothing is said.")
    assert first.starts_whole
    assert first.ends_whole


def test_markup_is_not_kept_and_offsets_are_of_what_is_seen():
    (found,) = passages(PAGE, [claim("a", "One <b>stood</b> here &amp; there", PAGE)])
    assert found.text == "One stood here & there."
    assert cut(found) == ["One stood here & there"]


def test_of_a_long_paragraph_what_is_around_a_statement():
    text = f"{'a ' * AROUND}Here it is. {'b ' * (AROUND - 1)}There it is. {'c ' * AROUND}"
    listed = [claim("a", "Here it is", text), claim("b", "There it is", text)]
    found = passages(text, listed[:1])
    assert len(found[0].text) == 2 * AROUND + len("Here it is")
    assert not found[0].starts_whole
    assert not found[0].ends_whole
    assert [cut(one) for one in passages(text, listed)] == [["Here it is", "There it is"]]
    far = text.replace("b ", "b " * 2)
    apart = passages(far, [claim("a", "Here it is", far), claim("b", "There it is", far)])
    assert [cut(one) for one in apart] == [["Here it is"], ["There it is"]]
    assert apart[1].skipped == len("b " * 2 * (AROUND - 1)) + len(". ") - 2 * AROUND


def test_without_an_article_each_statement_stands_in_what_its_record_keeps():
    (found,) = quoted([claim("a", "One stood", TEXT, prefix="then ", suffix=" here.")])
    assert found.text == "then One stood here."
    assert cut(found) == ["One stood"]
    assert not found.starts_whole


def test_the_file_says_which_text_it_is_of(tmp_path):
    write(passages(TEXT, [claim("a", "One stood", TEXT)]), tmp_path, text_sha256="ab")
    told = json.loads((tmp_path / "passages.json").read_text())
    assert told["text_sha256"] == "ab"
    assert told["passages"][0]["spans"] == [{"claim_id": "a", "start": 0, "end": 9}]
