"""HTML pages as trees, for tests of what is on them; a page that is not well-formed fails."""

from __future__ import annotations

import html5lib

__all__ = ["Node", "page_of", "text_of"]

from xml.etree.ElementTree import Element as Node


def page_of(document: str) -> Node:
    """Return the root of a document, without namespaces. Whatever a browser would have to mend is an error."""
    parser = html5lib.HTMLParser(strict=True, namespaceHTMLElements=False)
    root = parser.parse(document)
    assert isinstance(root, Node)
    for node in root.iter():
        if isinstance(node.tag, str):
            node.tag = node.tag.rpartition("}")[2]
    return root


def text_of(node: Node) -> str:
    """Return all text in a node, with single spaces."""
    return " ".join(" ".join(node.itertext()).split())
