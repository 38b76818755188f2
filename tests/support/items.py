"""Items with any names, attributes and sizes, for hypothesis."""

from __future__ import annotations

from hypothesis import strategies as st

from hadoop_dr.domain.tree.file_attributes import AclAndXattrs, FileAttributes, FileKind
from hadoop_dr.domain.tree.items import Content, Item

names = st.sampled_from(["a b", "e%20", "f+", "g=1", "h#", "ü", "x\ny", "\t", "日本", "e\u0301", " ", "\0"]) | st.text(
    st.characters(exclude_categories=["Cs"]), min_size=1)
paths = st.lists(names, max_size=4).map("/".join)
numbers = st.integers(-(2**63), 2**63 - 1)
facts = st.builds(
    FileAttributes, kind=st.sampled_from(FileKind), length=numbers,
    owner=names, group=names, mode=st.integers(0, 0o7777),
    replication=numbers, block_size=numbers, mtime_ms=numbers, storage_policy=numbers, has_acl=st.booleans(),
    erasure_coding=st.none() | names, encrypted=st.booleans(),
)
extras = st.builds(
    AclAndXattrs, acl=st.lists(names, max_size=3).map(tuple),
    xattrs=st.lists(st.tuples(names, st.binary(max_size=9)), max_size=3).map(tuple),
)
items = st.builds(
    Item, inode=numbers, old=st.none() | paths, new=st.none() | paths, was=st.none() | facts, now=st.none() | facts,
    was_extras=extras, now_extras=extras, content=st.sampled_from(Content), keep_bytes=numbers,
)
