"""A tier as a bar: nothing is lost on the way from the plan to the picture, and what does not fit shows."""

from __future__ import annotations

from dataclasses import replace

import pytest
from pytestqt.qtbot import QtBot

from app.planner.tank import Tank
from app.planner.tank_model import TankModel, tanks
from app.style.theme import Appearance, theme
from core.planning.plan import Plan, Purpose, Request, Tier, TierUse
from core.planning.planner import make_plan
from tests.core.planning.samples import draft, machine, model, small

GIB = 1 << 30


def plan(ram_limit: int | None = None, vram: int = 0) -> Plan:
    request = Request(model() if vram else small(), draft() if vram else None, context=2048, ram_limit=ram_limit)
    return make_plan(request, machine(vram=vram))


def ram(of: Plan) -> TankModel:
    return next(tank for tank in tanks(of) if tank.tier is Tier.RAM)


@pytest.mark.parametrize("vram", [0, 12 * GIB])
def test_the_segments_of_a_tank_add_up_to_the_tier(vram: int) -> None:
    for tank in tanks(plan(vram=vram)):
        if tank.tier is not Tier.SSD:
            assert tank.taken + tank.reserve + tank.others + tank.free == tank.total


def test_vram_is_shown_only_where_there_is_a_device() -> None:
    assert [tank.tier for tank in tanks(plan())] == [Tier.RAM, Tier.SSD]
    assert [tank.tier for tank in tanks(plan(vram=12 * GIB))] == [Tier.VRAM, Tier.RAM, Tier.SSD]


def test_a_small_part_of_a_big_tier_is_magnified() -> None:
    assert ram(plan()).magnified
    assert not TankModel(Tier.RAM, 10, 8, ((Purpose.WEIGHTS, 5),), 1, 1).magnified


def test_the_magnified_bar_has_room_for_the_limit_when_it_is_near() -> None:
    near = TankModel(Tier.RAM, 1000, 110, ((Purpose.WEIGHTS, 100),), 0, 0)
    far = replace(near, limit=900)
    assert near.lens >= 110
    assert 100 <= far.lens < 110


def test_what_does_not_fit_is_the_excess_over_the_limit() -> None:
    fits = plan()
    tight = ram(plan(ram_limit=fits.minimum_limit - 5000))
    assert tight.excess == 5000
    assert ram(fits).excess == 0


def test_a_tank_paints_weights_solid_and_hatches_what_does_not_fit(qtbot: QtBot) -> None:
    theme().wear(Appearance.LIGHT, motion=False)
    tank = Tank()
    qtbot.addWidget(tank)
    use = TierUse(Tier.RAM, 100 * GIB, 40 * GIB, {Purpose.WEIGHTS: 70 * GIB, Purpose.OTHERS: 10 * GIB})
    tank.show_model(TankModel.of(use))
    tank.resize(300, tank.heightForWidth(300))
    image = tank.grab().toImage()
    solid = {image.pixelColor(x, y).name() for x in range(10, 100) for y in range(25, 36)}
    over = {image.pixelColor(x, y).name() for x in range(130, 200) for y in range(25, 36)}
    assert solid == {theme().palette.ram.name()}
    assert len(over) > 2, "a hatch has more than one colour"
    assert "above the limit" in tank.accessibleDescription()


def test_the_key_wraps_to_the_width(qtbot: QtBot) -> None:
    tank = Tank()
    qtbot.addWidget(tank)
    tank.show_model(ram(plan()))
    assert tank.heightForWidth(200) > tank.heightForWidth(700)
