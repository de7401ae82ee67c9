"""The parameters that statements bind, each in one place with its type."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ARRAY, BigInteger, BindParameter, DateTime, Integer, Text, bindparam


def many_texts(name: str) -> BindParameter[Any]:
    """A bound array of text."""
    return bindparam(name, type_=ARRAY(Text))


def many_ids(name: str) -> BindParameter[Any]:
    """A bound array of ids."""
    return bindparam(name, type_=ARRAY(BigInteger))


def one_id(name: str) -> BindParameter[int]:
    """A bound id."""
    return bindparam(name, type_=BigInteger)


def one_number(name: str) -> BindParameter[int]:
    """A bound integer."""
    return bindparam(name, type_=Integer)


def one_text(name: str) -> BindParameter[str]:
    """A bound text."""
    return bindparam(name, type_=Text)


def one_moment(name: str) -> BindParameter[Any]:
    """A bound moment in UTC without zone, as the application's columns are."""
    return bindparam(name, type_=DateTime)
