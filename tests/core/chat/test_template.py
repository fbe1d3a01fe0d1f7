"""Chat templates render as Hugging Face's do, cannot leave their sandbox, and fail with a sentence."""

from __future__ import annotations

from datetime import datetime

import pytest

from core.chat.message import Message
from core.chat.template import ChatTemplate
from core.errors import UnusableModel

HELLO = [Message("user", "Hello <b>& goodbye</b>")]


def _render(source: str) -> str:
    return ChatTemplate(source, "some-model", {"bos_token": "<s>"}).render(HELLO)


def test_the_template_sees_the_conversation_the_tokens_and_the_wish_for_a_reply() -> None:
    source = "{{ bos_token }}{% for m in messages %}[{{ m.role }}]{{ m['content'] }}{% endfor %}"
    assert _render(source + "{% if add_generation_prompt %}[assistant]{% endif %}") == (
        "<s>[user]Hello <b>& goodbye</b>[assistant]"
    )


def test_blocks_leave_no_lines_behind() -> None:
    assert _render("A\n  {% if true %}\nB\n  {% endif %}\nC") == "A\nB\nC"


def test_json_is_plain_and_keeps_every_letter() -> None:
    assert _render("{{ {'a': '<é>'} | tojson }}") == '{"a": "<é>"}'
    assert _render("{{ [1, 2] | tojson(separators=(',', ':')) }}") == "[1,2]"


def test_dates_loops_and_namespaces_work() -> None:
    assert _render("{{ strftime_now('%Y') }}") == str(datetime.now().year)
    assert _render("{% for i in range(9) %}{% if i > 2 %}{% break %}{% endif %}{{ i }}{% endfor %}") == "012"
    assert _render("{% set n = namespace(x=1) %}{% set n.x = n.x + 1 %}{{ n.x }}") == "2"
    assert _render("{{ dict(a=1)['a'] }}") == "1"


def test_a_refusal_carries_the_templates_own_words() -> None:
    with pytest.raises(UnusableModel, match="some-model refuses this conversation: Only even turns"):
        _render("{{ raise_exception('Only even turns') }}")


def test_a_template_with_a_wrong_syntax_is_named() -> None:
    with pytest.raises(UnusableModel, match="chat template of some-model is not valid"):
        ChatTemplate("{% for %}", "some-model", {})


@pytest.mark.parametrize(
    "fault",
    ["{{ nothing.at.all }}", "{{ 1 + 'a' }}", "{{ 1 / 0 }}", "{{ messages[9].role.x }}", "{{ range(10000000) }}"],
)
def test_a_template_that_fails_is_named(fault: str) -> None:
    with pytest.raises(UnusableModel, match="chat template of some-model failed"):
        _render(fault)


@pytest.mark.parametrize(
    "attack",
    [
        "{{ messages.__class__.__mro__ }}",
        "{{ ''.__class__.__base__.__subclasses__() }}",
        "{{ messages.append(1) }}",
        "{{ raise_exception.__globals__ }}",
        "{{ dict.mro() }}",
        "{{ '{0.__class__}'.format(messages) }}",
        "{{ namespace(__class__=1) }}",
        "{% set n = namespace() %}{% set n.__call__ = 1 %}",
    ],
)
def test_a_template_cannot_reach_out_of_its_sandbox(attack: str) -> None:
    try:
        seen = _render(attack)
    except UnusableModel:
        seen = ""
    assert seen == ""


def test_a_reply_is_continued_where_its_turn_begins() -> None:
    source = "{% for m in messages %}[{{ m.role }}]{{ m.content }}[end]{% endfor %}[assistant]"
    prompt = ChatTemplate(source, "some-model", {}).render([*HELLO, Message("assistant", "Good ")])
    assert prompt == "[user]Hello <b>& goodbye</b>[end][assistant]Good "
