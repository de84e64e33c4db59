"""A call's parameters: read from query, form, multipart or JSON, and checked against what the method takes."""

import json
import re
from email.parser import BytesHeaderParser
from email.policy import HTTP
from typing import Any
from urllib.parse import parse_qsl

from tests.telegram.values import Json, UploadedFile, Violation

_HALF = re.compile("[\ud800-\udfff]")
_WHAT = {
    "int": "a whole number",
    "bool": "true or false",
    "str": "a text",
    "list": "a JSON array",
    "dict": "a JSON object",
    "chat": "a whole number or a @username",
    "file": "a file upload, a file_id or a URL",
}


def read(query: str, content_type: str, body: bytes) -> Json:
    """All parameters as they were sent; a file is an UploadedFile.

    Raises:
        Violation: the body is not what its content type says, or has another one.
    """
    sent: Json = dict(parse_qsl(query, keep_blank_values=True))
    kind = content_type.split(";")[0].strip().lower()
    if not body:
        return sent
    try:
        if kind == "application/json":
            return sent | dict(json.loads(body))
        if kind == "application/x-www-form-urlencoded":
            return sent | dict(parse_qsl(body.decode("ascii"), keep_blank_values=True, errors="strict"))
        if kind == "multipart/form-data":
            return sent | _multipart(content_type, body)
    except (ValueError, TypeError, KeyError) as error:
        raise Violation(f"can't parse a body of {kind}: {error}") from error
    raise Violation(f"unsupported content type {content_type!r}")


def _multipart(content_type: str, body: bytes) -> Json:
    boundary = str(_headers(f"Content-Type: {content_type}".encode()).get_param("boundary"))
    sent: Json = {}
    for part in (b"\r\n" + body).split(b"\r\n--" + boundary.encode())[1:-1]:
        head, _, content = part.removeprefix(b"\r\n").partition(b"\r\n\r\n")
        headers = _headers(head)
        name = str(headers.get_param("name", header="content-disposition"))
        file_name = headers.get_filename()
        uploaded = UploadedFile(str(file_name), headers.get_content_type(), content)
        sent[name] = content.decode() if file_name is None else uploaded
    return sent


def _headers(head: bytes) -> Any:
    return BytesHeaderParser(policy=HTTP).parsebytes(head)


def checked(method: str, sent: Json, takes: str, needs: str) -> Json:
    """The parameters in their types. ``takes`` and ``needs`` are lists such as "chat_id:chat text:str".

    Raises:
        Violation: one is unknown, missing or of the wrong type.
    """
    kinds = dict(item.split(":") for item in f"{takes} {needs}".split())
    required = [item.split(":")[0] for item in needs.split()]
    for name in required:
        if sent.get(name) in (None, ""):
            raise Violation(f"{name} is empty; {method} needs {required}")
    for name in sent:
        if name not in kinds:
            raise Violation(f"parameter {name!r} of {method} is unknown to the emulator; it takes {sorted(kinds)}")
    return {name: _typed(name, kinds[name], value) for name, value in sent.items()}


def _typed(name: str, kind: str, value: Any) -> Any:
    wrong = Violation(f"parameter {name!r} must be {_WHAT[kind]}, not {value!r}")
    if kind in ("int", "bool", "list", "dict") and isinstance(value, str):
        try:
            value = json.loads(value)
        except ValueError:
            raise wrong from None
    if kind == "chat" and isinstance(value, str) and not value.startswith("@"):
        try:
            value = int(value)
        except ValueError:
            raise wrong from None
    types: dict[str, tuple[type, ...]] = {
        "int": (int,), "bool": (bool,), "str": (str,), "list": (list,), "dict": (dict,),
        "chat": (int, str), "file": (UploadedFile, str),
    }  # fmt: skip
    if not isinstance(value, types[kind]) or (isinstance(value, bool) and kind != "bool"):
        raise wrong
    if not isinstance(value, UploadedFile) and _HALF.search(json.dumps(value, ensure_ascii=False)):
        raise Violation(f"strings must be encoded in UTF-8; {name!r} has half a surrogate pair")
    return value
