"""The XML of WeChat: one small document in, one reply out, and nothing else is read."""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.channels.wechat_xml import Malformed, fields, text_reply

TEXT = """<xml>
  <ToUserName><![CDATA[gh_1]]></ToUserName>
  <FromUserName><![CDATA[o_ada]]></FromUserName>
  <CreateTime>1348831860</CreateTime>
  <MsgType><![CDATA[text]]></MsgType>
  <Content><![CDATA[ 三楼的灯坏了 <xml> &amp; ]]></Content>
  <MsgId>1234567890123456</MsgId>
</xml>"""
SCAN = """<xml><Event><![CDATA[scancode_waitmsg]]></Event><EventKey></EventKey><ScanCodeInfo>
<ScanType><![CDATA[qrcode]]></ScanType><ScanResult><![CDATA[1]]></ScanResult></ScanCodeInfo></xml>"""
PICTURES = """<xml><Event>pic_sysphoto</Event><SendPicsInfo><Count>2</Count><PicList>
<item><PicMd5Sum>a</PicMd5Sum></item><item><PicMd5Sum>b</PicMd5Sum></item></PicList></SendPicsInfo></xml>"""
CARD = """<xml><Event>template_card_event</Event><SelectedItems><SelectedItem><QuestionKey>q</QuestionKey>
<OptionIds><OptionId>1</OptionId><OptionId>2</OptionId></OptionIds></SelectedItem></SelectedItems></xml>"""

LAUGHS = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
BILLION_LAUGHS = f'<!DOCTYPE xml [<!ENTITY l0 "ha">{LAUGHS}]><xml><Content>&l9;</Content></xml>'
BAD: dict[str, bytes] = {
    "nothing": b"",
    "blanks": b" \n",
    "no XML": b"hello",
    "JSON": b'{"ToUserName": "gh_1"}',
    "an open end": TEXT[:-7].encode(),
    "cut in a letter": TEXT.encode()[: TEXT.encode().index("三".encode()) + 1],
    "two documents": b"<xml><a>1</a></xml><xml><a>1</a></xml>",
    "another document": b"<html><a>1</a></html>",
    "another document with ours in it": b"<a><xml><b>1</b></xml></a>",
    "a name space": b'<xml xmlns="urn:x"><a>1</a></xml>',
    "no fields": b"<xml></xml>",
    "only text": b"<xml>hello</xml>",
    "text between elements": b"<xml>hello<a>1</a></xml>",
    "wrong nesting": b"<xml><a><b></a></b></xml>",
    "GBK": TEXT.encode("gbk"),
    "GBK that says so": ('<?xml version="1.0" encoding="GBK"?>' + TEXT).encode("gbk"),
    "UTF-16": TEXT.encode("utf-16"),
    "a NUL": b"<xml><a>\x00</a></xml>",
    "a control character": b"<xml><a>\x0b</a></xml>",
    "a DTD": b"<!DOCTYPE xml><xml><a>1</a></xml>",
    "a DTD elsewhere": b'<!DOCTYPE xml SYSTEM "http://127.0.0.1/x.dtd"><xml><a>1</a></xml>',
    "an entity": b'<!DOCTYPE xml [<!ENTITY e "x">]><xml><a>&e;</a></xml>',
    "an entity that nobody declared": b"<xml><a>&secret;</a></xml>",
    "an external entity": b'<!DOCTYPE xml [<!ENTITY e SYSTEM "file:///etc/passwd">]><xml><a>&e;</a></xml>',
    "a parameter entity": b'<!DOCTYPE xml [<!ENTITY % e SYSTEM "http://127.0.0.1/"> %e;]><xml><a>1</a></xml>',
    "billion laughs": BILLION_LAUGHS.encode(),
    "quadratic blowup": f'<!DOCTYPE xml [<!ENTITY a "{"a" * 9999}">]><xml>{"&a;" * 9999}</xml>'.encode(),
    "a reference to no character": b"<xml><a>&#0;</a></xml>",
    "a surrogate": b"<xml><a>&#xD800;</a></xml>",
    "too deep": b"<xml>" + b"<a>" * 8 + b"</a>" * 8 + b"</xml>",
    "bottomless": b"<xml>" + b"<a>" * 300_000,
    "too many": b"<xml>" + b"<a/>" * 500 + b"</xml>",
    "no end of them": b"<xml>" + b"<a/>" * 200_000 + b"</xml>",
    "20 MB": b"<xml><a>" + b"x" * 20_000_000 + b"</a></xml>",
}


def test_a_message_is_its_fields() -> None:
    assert fields(TEXT.encode()) == {
        "ToUserName": "gh_1",
        "FromUserName": "o_ada",
        "CreateTime": "1348831860",
        "MsgType": "text",
        "Content": " 三楼的灯坏了 <xml> &amp; ",
        "MsgId": "1234567890123456",
    }


@pytest.mark.parametrize(
    ("body", "name", "value"),
    [
        (SCAN, "ScanCodeInfo", {"ScanType": "qrcode", "ScanResult": "1"}),
        (SCAN, "EventKey", ""),
        (
            PICTURES,
            "SendPicsInfo",
            {"Count": "2", "PicList": {"item": [{"PicMd5Sum": "a"}, {"PicMd5Sum": "b"}]}},
        ),
        (
            CARD,
            "SelectedItems",
            {"SelectedItem": {"QuestionKey": "q", "OptionIds": {"OptionId": ["1", "2"]}}},
        ),
        ("<xml><PicList/><a>1</a></xml>", "PicList", ""),
        ("<xml><a>1</a><a>2</a><a>3</a></xml>", "a", ["1", "2", "3"]),
        ("<xml><a>x&lt;y&#x4e09;<![CDATA[&]]></a></xml>", "a", "x<y三&"),
        ('<?xml version="1.0"?>\n<!-- c --><xml><a b="c">1</a></xml>\n', "a", "1"),
        ('<?xml version="1.0" encoding="GBK"?><xml><a>三</a></xml>', "a", "三"),
    ],
)
def test_what_is_nested_and_what_repeats(body: str, name: str, value: object) -> None:
    assert fields(body.encode())[name] == value


@pytest.mark.parametrize("case", BAD)
@pytest.mark.timeout(10)
def test_what_is_no_message_is_refused_without_being_quoted(case: str) -> None:
    with pytest.raises(Malformed) as raised:
        fields(BAD[case])
    assert raised.value.__cause__ is None
    assert not any(word in str(raised.value) for word in ("secret", "passwd", "hello", "o_ada"))


def test_a_long_message_is_still_one() -> None:
    body = "<xml><Content>" + "三" * 300_000 + "</Content></xml>"
    assert fields(body.encode()) == {"Content": "三" * 300_000}


@given(st.binary(max_size=300) | st.text(alphabet="<>/xmla&;![]CDAT- \n\x00三", max_size=300).map(str.encode))
def test_any_bytes_are_fields_or_malformed(body: bytes) -> None:
    try:
        found = fields(body)
    except Malformed:
        return
    assert found


@given(
    st.lists(st.sampled_from(["<", ">", "/", "xml", "a", "&", "]]>", "<!", "[CDATA["])), st.integers(0, 400)
)
def test_any_damage_leaves_fields_or_malformed(pieces: list[str], at: int) -> None:
    try:
        fields((TEXT[:at] + "".join(pieces) + TEXT[at:]).encode())
    except Malformed:
        return


def test_a_reply_says_who_to_whom_and_when() -> None:
    assert text_reply("o_ada", "gh_1", 12345678, "您好").decode() == (
        "<xml><ToUserName><![CDATA[o_ada]]></ToUserName><FromUserName><![CDATA[gh_1]]></FromUserName>"
        "<CreateTime>12345678</CreateTime><MsgType><![CDATA[text]]></MsgType>"
        "<Content><![CDATA[您好]]></Content></xml>"
    )


@pytest.mark.parametrize(
    "text", ["]]>", "]]]>>", "a]]><MsgType>news</MsgType><![CDATA[b", "]]", ">", "<![CDATA["]
)
def test_nobody_writes_xml_through_a_reply(text: str) -> None:
    assert fields(text_reply("o_ada", "gh_1", 1, text))["Content"] == text


@given(st.text(st.characters(exclude_categories=()), max_size=300))
def test_any_text_makes_a_reply_that_others_can_read(text: str) -> None:
    found = ElementTree.fromstring(text_reply("o_ada", "gh_1", 1, text))
    assert [element.tag for element in found] == [
        "ToUserName",
        "FromUserName",
        "CreateTime",
        "MsgType",
        "Content",
    ]
