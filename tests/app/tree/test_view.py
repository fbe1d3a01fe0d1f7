"""The picture: what is under the cursor, what marks the accepted path, and how keys and wheel move through it."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QImage, QWheelEvent
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app.style.theme import Appearance, theme
from app.tree.layout import Kind, Place
from app.tree.scene import Scene
from app.tree.view import CALM_MS, Mode, TreeView
from core.decoding.report import StepReport
from tests.app.tree.steps import grown_step, small_step, step, tree


@pytest.fixture
def view(qtbot: QtBot) -> TreeView:
    theme().wear(Appearance.LIGHT, motion=False)
    widget = TreeView()
    qtbot.addWidget(widget)
    widget.resize(640, 360)
    return widget


def show(view: TreeView, report: StepReport) -> Scene:
    scene = Scene(report, ("Join",))
    view.show_scene(scene)
    return scene


def picture(view: TreeView) -> QImage:
    return view.grab().toImage()


def pixels_of(image: QImage, view: TreeView, place: Place) -> list[str]:
    """The colours along the middle of a place."""
    rect = view.rect_of(place)
    y = round(rect.center().y())
    return [image.pixelColor(x, y).name() for x in range(round(rect.left()) + 2, round(rect.right()) - 2)]


def test_every_place_is_found_under_its_own_middle(view: TreeView) -> None:
    scene = show(view, grown_step(64))
    view.set_mode(Mode.FIT)
    for place in scene.layout.places:
        middle = view.rect_of(place).center()
        assert view.place_at(middle.x(), middle.y()) == place


def test_between_nodes_there_is_nothing(view: TreeView) -> None:
    scene = show(view, small_step())
    root, child = view.rect_of(scene.layout.places[0]), view.rect_of(scene.layout.of_node(1))
    assert view.place_at((root.right() + child.left()) / 2, root.center().y()) is None


def test_hovering_points_at_the_node_and_leaving_points_at_none(view: TreeView, qtbot: QtBot) -> None:
    scene = show(view, small_step())
    seen: list[Place | None] = []
    view.pointed.connect(seen.append)
    view.show()
    qtbot.mouseMove(view, view.rect_of(scene.layout.of_node(4)).center().toPoint())
    qtbot.mouseMove(view, QPoint(view.width() - 3, view.height() - 3))
    assert seen == [scene.layout.of_node(4), None]


def test_accepted_nodes_are_filled_others_are_outlined(view: TreeView) -> None:
    scene = show(view, small_step())
    image = picture(view)
    accent, surface = theme().palette.accent.name(), theme().palette.surface.name()
    accepted = pixels_of(image, view, scene.layout.of_node(1))
    not_taken = pixels_of(image, view, scene.layout.of_node(4))
    assert accepted.count(accent) > len(accepted) / 3
    assert not_taken.count(surface) > len(not_taken) / 3
    assert accent not in not_taken


def test_accepted_nodes_also_carry_a_tick_and_a_thicker_edge(view: TreeView) -> None:
    """The accepted path can be told without any colour."""
    surface = theme().palette.surface.name()

    def badge_and_edge(accepted: tuple[int, ...]) -> tuple[set[str], int]:
        scene = show(view, step(tree((-1, 0), (1.0, 0.3), accepted)))
        image, rect = picture(view), view.rect_of(scene.layout.of_node(1))
        x, y = round(rect.right()), round(rect.top())
        badge = {image.pixelColor(x + dx, y + dy).name() for dx in range(2, 5) for dy in range(-4, 0)}
        middle = round(rect.center().y())
        edge = [image.pixelColor(round(rect.left()) - 8, middle + dy).name() for dy in range(-6, 7)]
        return badge, sum(colour != surface for colour in edge)

    taken_badge, taken_edge = badge_and_edge((1,))
    other_badge, other_edge = badge_and_edge(())
    assert taken_badge != {surface}
    assert other_badge == {surface}
    assert taken_edge > other_edge


def test_the_targets_own_choice_is_drawn_in_its_colour(view: TreeView) -> None:
    scene = show(view, small_step())
    assert theme().palette.draft.name() in pixels_of(picture(view), view, scene.layout.exit)


def test_a_likelier_edge_is_thicker(view: TreeView) -> None:
    scene = show(view, step(tree((-1, 0, 0), (1.0, 0.95, 0.03))))
    image = picture(view)
    surface = theme().palette.surface.name()

    def ink(node: int) -> int:
        rect = view.rect_of(scene.layout.of_node(node))
        column = [image.pixelColor(round(rect.left()) - 3, round(rect.center().y()) + dy).name() for dy in range(-5, 6)]
        return sum(name != surface for name in column)

    assert ink(1) > ink(2)


def test_the_wheel_zooms_at_the_cursor_and_frees_the_view(view: TreeView) -> None:
    scene = show(view, small_step())
    before = view.rect_of(scene.layout.of_node(3)).center()
    wheel = QWheelEvent(
        before,
        QPointF(view.mapToGlobal(before.toPoint())),
        QPoint(),
        QPoint(0, 120),
        Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    QApplication.sendEvent(view, wheel)
    after = view.rect_of(scene.layout.of_node(3))
    assert view.mode is Mode.FREE
    assert view.camera.column_pitch > 92
    assert (after.center() - before).manhattanLength() < 2


def test_dragging_moves_the_tree_and_double_click_takes_it_back(view: TreeView, qtbot: QtBot) -> None:
    scene = show(view, small_step())
    home = view.rect_of(scene.layout.places[0]).center()
    qtbot.mousePress(view, Qt.MouseButton.LeftButton, pos=QPoint(400, 300))
    qtbot.mouseMove(view, QPoint(420, 310))
    qtbot.mouseMove(view, QPoint(460, 330))
    qtbot.mouseRelease(view, Qt.MouseButton.LeftButton, pos=QPoint(460, 330))
    moved = view.rect_of(scene.layout.places[0]).center() - home
    assert (moved.x(), moved.y()) == (60, 30)
    qtbot.mouseDClick(view, Qt.MouseButton.LeftButton, pos=QPoint(400, 300))
    assert view.mode is Mode.FOLLOW
    assert view.rect_of(scene.layout.places[0]).center() == home


def test_arrow_keys_walk_the_tree_and_leave_it_for_other_steps(view: TreeView, qtbot: QtBot) -> None:
    scene = show(view, small_step())
    seen: list[Place | None] = []
    left: list[int] = []
    view.pointed.connect(seen.append)
    view.step_wanted.connect(left.append)
    for key in (Qt.Key.Key_Right, Qt.Key.Key_Right, Qt.Key.Key_Right, Qt.Key.Key_Left, Qt.Key.Key_Down):
        qtbot.keyClick(view, key)
    rows = {place.row: place for place in scene.layout.places if place.column == 1}
    assert [place.node for place in seen if place] == [0, 1, 3, 1, rows[1].node]
    for key in (Qt.Key.Key_Left, Qt.Key.Key_Left):
        qtbot.keyClick(view, key)
    assert left == [-1]
    view.choose(scene.layout.exit)
    qtbot.keyClick(view, Qt.Key.Key_Right)
    assert left == [-1, 1]


def test_a_big_tree_is_an_icicle_in_which_nodes_are_found(view: TreeView) -> None:
    scene = show(view, grown_step(1200))
    assert scene.compact
    picture(view)
    for node in scene.path:
        middle = view.rect_of(scene.compact_node(node)).center()
        found = view.place_at(middle.x(), middle.y())
        assert found is not None
        assert found.node == node
    middle = view.rect_of(scene.compact_exit).center()
    found = view.place_at(middle.x(), middle.y())
    assert found is not None
    assert found.kind is Kind.EXIT


def test_a_new_step_slides_only_if_things_may_move(view: TreeView, qtbot: QtBot) -> None:
    view.show()
    show(view, small_step(0))
    qtbot.wait(CALM_MS + 20)
    view.show_scene(Scene(small_step(1), ("Join",)), slide=True)
    assert not view.sliding
    theme().wear(Appearance.LIGHT, motion=True)
    if theme().reduced_motion:
        pytest.skip("this system asks for no motion")
    qtbot.wait(CALM_MS + 20)
    view.show_scene(Scene(small_step(2), ("Join", " two", " or")), slide=True)
    assert view.sliding
    picture(view)
    view.show_scene(Scene(small_step(3), ("Join", " two", " or")), slide=True)
    assert not view.sliding, "steps in quick succession do not slide"
    qtbot.wait(CALM_MS + 20)
    view.show_scene(Scene(small_step(4), ("Join", " two", " or")), slide=True)
    qtbot.waitUntil(lambda: not view.sliding, timeout=2000)


def test_both_themes_paint_and_a_change_repaints(view: TreeView) -> None:
    show(view, small_step())
    light = picture(view)
    theme().wear(Appearance.DARK, motion=False)
    dark = picture(view)
    assert dark != light
    assert dark.pixelColor(view.width() // 2, view.height() - 10) == theme().palette.surface
    theme().wear(Appearance.LIGHT, motion=False)


def test_screen_readers_are_told_the_step(view: TreeView) -> None:
    show(view, small_step())
    assert "Accepted “ two or”" in view.accessibleDescription()
