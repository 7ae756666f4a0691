from __future__ import annotations

import hashlib
import json

import pytest
from pyld import jsonld
from rdflib import RDF, Graph, Literal, Namespace, URIRef

from pipelines.claims.claim import NO_COUNT, Claim, When
from pipelines.claims.file import ClaimsFile
from pipelines.linked_data import FILE, NAMES, draft, write
from pipelines.verdict import VERDICTS, Seen, Verdict

SCHEMA = Namespace("https://schema.org/")
PROV = Namespace("http://www.w3.org/ns/prov#")
OA = Namespace("http://www.w3.org/ns/oa#")

TEXT = (
    "“Two An-124” <script>alert('x')</script> stood at the base \u2013 \u202eon 13 December. "
    "4 ships sail daily."
)
SCENES = [
    {
        "id": name,
        "datetime": f"2024-12-{day}T08:21:43Z",
        "assets": {"B04.tif": {"sha256": f"{day}" * 32}},
    }
    for name, day in (("S2 a/b#1", 10), ("S2_20241213", 13))
]
RECORD = {
    "simulated": False,
    "config": {"method": "robust", "history": 400},
    "sites": {"hmeimim": {"sha256": "cd" * 32, "scenes": SCENES}},
    "versions": {"tilewitness": "0.1.0"},
}


def claim(name, quote, *, checkable=True, reason=None):
    start = TEXT.index(quote)
    end = start + len(quote)
    return Claim(
        id=name,
        quote=quote,
        start=start,
        end=end,
        prefix=TEXT[max(0, start - 20) : start],
        suffix=TEXT[end : end + 20],
        site="Hmeimim",
        site_id="hmeimim",
        object_class="large_aircraft",
        object_text="An-124",
        count=NO_COUNT,
        predicate="present",
        date=When("2024-12-13", "2024-12-13"),
        source="Maxar via <b>Reuters</b>",
        attribution=("Maxar", "Reuters"),
        hedge=None,
        checkable=checkable,
        reason=reason,
    )


CLAIMS = ClaimsFile(
    (
        claim("C05", TEXT[: TEXT.index(" stood")]),
        claim("C06", "stood at the base \u2013 \u202eon 13 December"),
        claim("C17", "4 ships sail daily", checkable=False, reason="rate"),
    ),
    hashlib.sha256(TEXT.encode()).hexdigest(),
    "2024-12-14",
)
SEEN = Seen("S2 a/b#1", "2024-12-10T08:21:43Z", "at", "seen", 2, 2)


def verdicts(word="supported", reason=None):
    tested = Verdict("C05", word, reason, "Two objects were there.", lr=23.0, seen=(SEEN,))
    other = Verdict("C06", "inconclusive", "cloud", "Too much cloud.")
    return [tested, other, Verdict("C17", "not_observable", "rate", "It is a rate.")]


def no_network(url, options=None):
    raise AssertionError(f"asked for {url}")


def flattened(document):
    nodes = jsonld.flatten(document, options={"documentLoader": no_network})
    return {node["@id"]: node for node in nodes}


def of_type(nodes, name):
    return [node for node in nodes.values() if name in node.get("@type", [])]


def value(node, name):
    (found,) = node[name]
    return found.get("@value", found.get("@id"))


def graph(document):
    made = Graph()
    options = {"format": "application/n-quads", "documentLoader": no_network}
    made.parse(data=jsonld.to_rdf(document, options), format="nt")
    return made


def test_a_processor_reads_it_without_a_network():
    nodes = flattened(draft(CLAIMS, verdicts(), RECORD))
    reviews = of_type(nodes, str(SCHEMA.ClaimReview))
    assert len(reviews) == 2  # what was routed out was not reviewed
    review = next(one for one in reviews if one["@id"].endswith("#C05-review"))
    assert value(review, str(SCHEMA.claimReviewed)) == CLAIMS.claims[0].quote
    assert "UNSIGNED DRAFT" in value(review, str(SCHEMA.creativeWorkStatus))
    assert str(SCHEMA.author) not in review
    assert str(SCHEMA.datePublished) not in review
    statement = nodes[value(review, str(SCHEMA.itemReviewed))]
    author = nodes[value(statement, str(SCHEMA.author))]
    assert value(author, str(SCHEMA.name)) == "Maxar via <b>Reuters</b>"
    text = nodes[value(statement, str(SCHEMA.appearance))]
    assert value(text, str(SCHEMA.sha256)) == CLAIMS.text_sha256
    assert value(text, str(SCHEMA.datePublished)) == "2024-12-14"


@pytest.mark.parametrize("word", VERDICTS)
def test_ratings(word):
    nodes = flattened(draft(CLAIMS, verdicts(word, "low_power"), RECORD))
    (review,) = (n for n in nodes.values() if n["@id"].endswith("#C05-review"))
    rating = nodes[value(review, str(SCHEMA.reviewRating))]
    assert value(rating, str(SCHEMA.alternateName)) == f"{NAMES[word]} (low power)"
    assert (value(rating, str(SCHEMA.bestRating)), value(rating, str(SCHEMA.worstRating))) == (5, 1)
    expected = {"supported": 5, "inconclusive": 3, "contradicted": 1}.get(word)
    if expected is None:
        assert str(SCHEMA.ratingValue) not in rating
    else:
        assert value(rating, str(SCHEMA.ratingValue)) == expected


def test_selectors_cut_the_quote():
    nodes = flattened(draft(CLAIMS, verdicts(), RECORD))
    annotations = of_type(nodes, str(OA.Annotation))
    assert len(annotations) == 3
    for annotation in annotations:
        target = nodes[value(annotation, str(OA.hasTarget))]
        found = {}
        for each in target[str(OA.hasSelector)]:
            selector = nodes[each["@id"]]
            found[selector["@type"][0]] = selector
        exact, place = found[str(OA.TextQuoteSelector)], found[str(OA.TextPositionSelector)]
        start, end = (int(value(place, str(OA[name]))) for name in ("start", "end"))
        assert TEXT[start:end] == value(exact, str(OA.exact))
        assert TEXT[:start].endswith(value(exact, str(OA.prefix)))
        assert TEXT[end:].startswith(value(exact, str(OA.suffix)))
        assert value(nodes[value(target, str(OA.hasSource))], str(SCHEMA.sha256)) == (
            CLAIMS.text_sha256
        )


def test_provenance_leads_from_a_verdict_to_the_bytes_of_its_scenes():
    made = graph(draft(CLAIMS, verdicts(), RECORD))
    (verdict,) = made.subjects(PROV.value, Literal("supported"))
    (run,) = made.objects(verdict, PROV.wasGeneratedBy)
    assert (run, RDF.type, PROV.Activity) in made
    sources = set(made.objects(verdict, PROV.wasDerivedFrom))
    scenes = {each for each in sources if (each, RDF.type, SCHEMA.Dataset) in made}
    assert {str(name) for one in scenes for name in made.objects(one, SCHEMA.name)} == {"S2 a/b#1"}
    assert scenes < set(made.objects(run, PROV.used))
    (asset,) = made.objects(next(iter(scenes)), SCHEMA.hasPart)
    assert set(made.objects(asset, SCHEMA.sha256)) == {Literal("10" * 32)}
    assert not set(made.triples((None, PROV.wasAttributedTo, None)))
    (agent,) = made.objects(run, PROV.wasAssociatedWith)
    assert set(made.objects(agent, SCHEMA.softwareVersion)) == {Literal("0.1.0")}
    assert all(isinstance(each, URIRef) for each in (verdict, run, asset))


def test_simulated_imagery_is_called_so_everywhere():
    nodes = flattened(draft(CLAIMS, verdicts(), RECORD | {"simulated": True}))
    for kind in (SCHEMA.ClaimReview, SCHEMA.DigitalDocument, OA.Annotation):
        for node in of_type(nodes, str(kind)):
            status = (
                value(node, str(SCHEMA.creativeWorkStatus))
                if (str(SCHEMA.creativeWorkStatus) in node)
                else "SIMULATED"
            )
            assert "SIMULATED" in status
    for node in of_type(nodes, str(SCHEMA.Rating)):
        assert value(node, str(SCHEMA.alternateName)).startswith("SIMULATED imagery: ")
    for node in of_type(nodes, str(SCHEMA.Dataset)):
        assert value(node, str(SCHEMA.name)).startswith("SIMULATED imagery: ")
    plain = json.dumps(draft(CLAIMS, verdicts(), RECORD))
    assert "SIMULATED" not in plain


def test_claims_by_hand_have_no_text():
    by_hand = ClaimsFile(CLAIMS.claims)
    nodes = flattened(draft(by_hand, verdicts(), RECORD))
    assert not of_type(nodes, str(OA.TextPositionSelector))
    assert len(of_type(nodes, str(OA.TextQuoteSelector))) == 3


def test_the_file_can_stand_in_a_page_and_is_the_same_every_time(tmp_path):
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        write(tmp_path / name, CLAIMS, verdicts(), RECORD)
    text = (tmp_path / "a" / FILE).read_text(encoding="utf-8")
    assert text == (tmp_path / "b" / FILE).read_text(encoding="utf-8")
    assert "<" not in text
    assert json.loads(text) == draft(CLAIMS, verdicts(), RECORD)


def test_ten_thousand_characters_stay_one_value():
    long = "x" * 10_000
    tested = verdicts()
    tested[0] = Verdict("C05", "supported", None, long)
    nodes = flattened(draft(CLAIMS, tested, RECORD))
    (review,) = (n for n in nodes.values() if n["@id"].endswith("#C05-review"))
    assert value(review, str(SCHEMA.reviewBody)) == long
