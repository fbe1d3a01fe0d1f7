"""The picture of one step's tree: one widget that paints everything itself, and the hand that moves it."""

from __future__ import annotations

from dataclasses import replace
from enum import Enum

from PySide6.QtCore import QElapsedTimer, QEvent, QPointF, QRectF, QSize, Qt, QVariantAnimation, Signal
from PySide6.QtGui import (
    QFocusEvent,
    QInputDevice,
    QKeyEvent,
    QMouseEvent,
    QNativeGestureEvent,
    QPainter,
    QPaintEvent,
    QResizeEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QSizePolicy, QWidget

from app.language import tr
from app.style.theme import theme
from app.tree.camera import NARROWEST, Camera, fitted, followed
from app.tree.frame_paint import RULER, paint_fades, paint_ruler
from app.tree.graph_paint import box, paint_graph, paint_ring, paint_spine
from app.tree.icicle_paint import exit_box, paint_icicle, strip
from app.tree.ink import Ink, pen
from app.tree.layout import Kind, Place
from app.tree.scene import Scene
from app.tree.slide import Slide
from app.tree.walk import beside, left_of, right_of
from app.tree.wording import describe

SLIDE_MS = 120
LOWEST = 104
"""Pixels, with which all of the panel fits into a window of 700."""

CALM_MS = 300
"""Steps that come faster than this are shown without sliding: nobody could follow, and each frame costs a repaint."""

_NOTCH = 1.2
"""How much a notch of the wheel zooms."""

_ARROWS = (Qt.Key.Key_Left, Qt.Key.Key_Right, Qt.Key.Key_Up, Qt.Key.Key_Down)


class Mode(Enum):
    """Who decides what part of the tree is in sight."""

    FOLLOW = "follow"
    FIT = "fit"
    FREE = "free"


class TreeView(QWidget):
    """Draws a `Scene`. Arrow keys walk the nodes, Enter opens one; wheel, drag and double click zoom, move and fit.

    Signals:
        pointed: The `Place` under the cursor or chosen by keyboard; None if there is none.
        mode_changed: Following, fitting or free.
        opened: The `Place` that was clicked, or chosen when Enter was pressed.
        step_wanted: -1 for the step before, 1 for the next: an arrow key went past the tree's end.
    """

    pointed = Signal(object)
    mode_changed = Signal(object)
    opened = Signal(object)
    step_wanted = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMouseTracking(True)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumHeight(LOWEST)
        self.setAccessibleName(tr("Draft tree"))
        self.scene: Scene | None = None
        self.camera = Camera(0, 0, 1, 1)
        self.mode = Mode.FOLLOW
        self._ink = Ink(theme())
        self._hovered: Place | None = None
        self._chosen: Place | None = None
        self._dragged_from: QPointF | None = None
        self._pressed_at: QPointF | None = None
        self._slide: Slide | None = None
        self._focused_by_key = False
        self._since = QElapsedTimer()
        self._clock = QVariantAnimation(self)
        self._clock.setDuration(SLIDE_MS)
        self._clock.setStartValue(0.0)
        self._clock.setEndValue(1.0)
        self._clock.valueChanged.connect(lambda _: self.update())
        self._clock.finished.connect(self._end_slide)
        theme().changed.connect(self._restyle)

    def sizeHint(self) -> QSize:
        return QSize(340, 340)

    @property
    def sliding(self) -> bool:
        return self._slide is not None

    def show_scene(self, scene: Scene | None, slide: bool = False) -> None:
        """Draw a step. With `slide`, the path accepted in the step drawn before moves into the spine."""
        before, camera = self.scene, self.camera
        self.scene = scene
        self._hovered = self._chosen = None
        self.setAccessibleDescription(describe(scene.report) if scene else tr("No step yet."))
        self._frame(keep=self.mode is Mode.FREE)
        self._end_slide()
        self._clock.stop()
        calm = self._since.isValid() and self._since.elapsed() >= CALM_MS
        self._since.start()
        if slide and calm and scene and before and not (scene.compact or before.compact) and self._may_move():
            self._slide = Slide.from_step(before, camera)
            self._clock.start()
        self.update()

    def set_mode(self, mode: Mode) -> None:
        """Follow, fit, or leave the view where it is."""
        if mode is not self.mode:
            self.mode = mode
            self.mode_changed.emit(mode)
        self._frame(keep=mode is Mode.FREE)
        self.update()

    def place_at(self, x: float, y: float) -> Place | None:
        """What is drawn at a pixel of the widget."""
        scene = self.scene
        if scene is None or y < RULER:
            return None
        if scene.compact:
            return self._strip_at(scene, x, y)
        column, row = self.camera.to_grid(x, y)
        index = scene.layout.grid.get((column, row))
        if index is None or not box(self.camera, column, row).adjusted(-3, -2, 3, 2).contains(x, y):
            return None
        return scene.layout.places[index]

    def rect_of(self, place: Place) -> QRectF:
        """Where a place is drawn."""
        if self.scene is not None and self.scene.compact:
            return (
                exit_box(self.scene, self.camera)
                if place.kind is Kind.EXIT
                else strip(self.scene, self.camera, place.node)
            )
        return box(self.camera, place.column, place.row)

    def choose(self, place: Place | None) -> None:
        """Choose a place as a click or an arrow key does."""
        self._chosen = place
        self.pointed.emit(place)
        if place is not None:
            self._bring_into_sight(place)
        self.update()

    # Events

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        palette = theme().palette
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(pen(palette.accent if self._focused_by_key else palette.line, 1))
        painter.setBrush(palette.surface)
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), 6, 6)
        if self.scene is None:
            painter.setPen(palette.muted)
            painter.setFont(theme().font(13))
            room = self.rect().adjusted(24, 0, -24, 0)
            painter.drawText(
                room,
                int(Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap),
                tr("While a reply is written, you see here what the draft guessed and what the target took of it."),
            )
            return
        sight = QRectF(self.rect()).adjusted(1, RULER, -1, -1)
        paint_ruler(painter, self.scene, self.camera, self.width())
        painter.setClipRect(sight)
        if self.scene.compact:
            paint_icicle(painter, self.scene, self.camera, self._ink, sight)
            self._paint_rings(painter)
        elif self._slide is not None:
            self._slide.paint(painter, self._clock.currentValue(), self.scene, self.camera, self._ink, sight)
        else:
            self._paint_rings(painter)
            paint_spine(painter, self.scene, self.camera, self._ink)
            paint_graph(painter, self.scene, self.camera, self._ink, sight)
        paint_fades(painter, self.scene, self.camera, sight)

    def focusInEvent(self, event: QFocusEvent) -> None:
        self._focused_by_key = event.reason() in (Qt.FocusReason.TabFocusReason, Qt.FocusReason.BacktabFocusReason)
        self.update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        self._focused_by_key = False
        self.update()

    def resizeEvent(self, event: QResizeEvent) -> None:
        self._frame(keep=self.mode is Mode.FREE)

    def wheelEvent(self, event: QWheelEvent) -> None:
        """A wheel zooms, with Shift it moves sideways; two fingers on a touchpad move."""
        turned, moved = event.angleDelta(), event.pixelDelta()
        pad = event.device() is not None and event.device().type() is QInputDevice.DeviceType.TouchPad
        if pad and not moved.isNull():
            self._pan(moved.x(), moved.y())
        elif turned.x():  # what Shift makes of a wheel
            self._pan(turned.x(), 0)
        elif turned.y():
            self._zoom(_NOTCH ** (turned.y() / 120), event.position())
        event.accept()

    def event(self, event: QEvent) -> bool:
        if isinstance(event, QNativeGestureEvent) and event.gestureType() is Qt.NativeGestureType.ZoomNativeGesture:
            self._zoom(1 + event.value(), event.position())
            return True
        return super().event(event)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() is Qt.MouseButton.LeftButton:
            self._dragged_from = self._pressed_at = event.position()
            self.choose(self.place_at(event.position().x(), event.position().y()))

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        at = event.position()
        if self._dragged_from is not None and event.buttons() & Qt.MouseButton.LeftButton:
            moved = at - self._dragged_from
            if self._pressed_at is None or moved.manhattanLength() > 4:
                self._pressed_at = None
                self._pan(moved.x(), moved.y())
                self._dragged_from = at
                self.setCursor(Qt.CursorShape.ClosedHandCursor)
            return
        self._hover(self.place_at(at.x(), at.y()))

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if self._pressed_at is not None and self._chosen is not None:
            self._open(self._chosen)
        self._dragged_from = self._pressed_at = None
        self.unsetCursor()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        self.set_mode(Mode.FIT if self.mode is Mode.FOLLOW else Mode.FOLLOW)

    def leaveEvent(self, event: object) -> None:
        self._hover(None)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key = Qt.Key(event.key())
        centre = QPointF(self.rect().center())
        if key in _ARROWS and self.scene is not None:
            self._walk(key)
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and self._chosen is not None:
            self._open(self._chosen)
        elif key in (Qt.Key.Key_PageUp, Qt.Key.Key_PageDown):
            self.step_wanted.emit(-1 if key is Qt.Key.Key_PageUp else 1)
        elif key in (Qt.Key.Key_Plus, Qt.Key.Key_Equal, Qt.Key.Key_Minus):
            self._zoom(_NOTCH if key is not Qt.Key.Key_Minus else 1 / _NOTCH, centre)
        elif key is Qt.Key.Key_0:
            self.set_mode(Mode.FIT if self.mode is not Mode.FIT else Mode.FOLLOW)
        else:
            super().keyPressEvent(event)

    # Parts

    def _walk(self, key: Qt.Key) -> None:
        """Move the choice with an arrow key; beyond the tree's ends lie the steps before and after."""
        assert self.scene is not None
        scene, here = self.scene, self._chosen
        if here is None:
            self.choose(scene.place_of(0))
            return
        ways = {
            Qt.Key.Key_Left: lambda: left_of(scene, here),
            Qt.Key.Key_Right: lambda: right_of(scene, here),
            Qt.Key.Key_Up: lambda: beside(scene, here, -1),
            Qt.Key.Key_Down: lambda: beside(scene, here, 1),
        }
        there = ways[key]()
        if there is not None:
            self.choose(there)
        elif key is Qt.Key.Key_Left:
            self.step_wanted.emit(-1)
        elif key is Qt.Key.Key_Right and here.kind is Kind.EXIT:
            self.step_wanted.emit(1)

    def _hover(self, place: Place | None) -> None:
        if place != self._hovered:
            self._hovered = place
            self.pointed.emit(place if place is not None else self._chosen)
            self.update()

    def _open(self, place: Place) -> None:
        """What a click does: a "+n" opens, the text of a node is wanted in the chat."""
        if place.kind is Kind.FOLD and self.scene is not None:
            self.scene = replace(self.scene, unfolded=self.scene.unfolded | {place.node})
            self._hovered = None
            self.choose(self.scene.place_of(place.node))
        else:
            self.opened.emit(place)

    def _zoom(self, factor: float, at: QPointF) -> None:
        if self.scene is not None:
            self._free()
            self.camera = self.camera.zoomed(factor, at.x(), at.y())
            self.update()

    def _pan(self, dx: float, dy: float) -> None:
        if self.scene is not None:
            self._free()
            self.camera = self.camera.panned(dx, dy)
            self.update()

    def _free(self) -> None:
        if self.mode is not Mode.FREE:
            self.mode = Mode.FREE
            self.mode_changed.emit(self.mode)

    def _frame(self, keep: bool) -> None:
        """Aim the camera at the scene as the mode says."""
        if self.scene is None or keep:
            return
        width, height = self.width() - 12.0, float(self.height() - RULER)
        if self.scene.compact:
            camera = self._compact_camera(self.scene, width, height)
        elif self.mode is Mode.FIT:
            camera = fitted(self.scene.layout, width, height)
        else:
            camera = followed(self.scene.layout, width, height)
        self.camera = camera.panned(0, RULER)

    def _bring_into_sight(self, place: Place) -> None:
        rect = self.rect_of(place)
        sight = QRectF(self.rect()).adjusted(8, RULER + 8, -8, -8)
        dx = max(0.0, sight.left() - rect.left()) - max(0.0, rect.right() - sight.right())
        dy = max(0.0, sight.top() - rect.top()) - max(0.0, rect.bottom() - sight.bottom())
        if dx or dy:
            self.camera = self.camera.panned(dx, dy)

    def _strip_at(self, scene: Scene, x: float, y: float) -> Place | None:
        if exit_box(scene, self.camera).contains(x, y):
            return scene.compact_exit
        column, _ = self.camera.to_grid(x, y)
        node = scene.icicle.node_at(column, (y - self.camera.y) / self.camera.row_pitch)
        return None if node is None else scene.compact_node(node)

    def _may_move(self) -> bool:
        return self.isVisible() and not theme().reduced_motion

    def _end_slide(self) -> None:
        self._slide = None
        self.update()

    def _restyle(self) -> None:
        self._ink = Ink(theme())
        self.update()

    def _paint_rings(self, painter: QPainter) -> None:
        assert self.scene is not None
        palette = theme().palette
        for place, colour, width in ((self._hovered, palette.muted, 1.5), (self._chosen, palette.ink, 2.0)):
            if place is None:
                continue
            if self.scene.compact:
                painter.setPen(pen(colour, width))
                painter.setBrush(Qt.BrushStyle.NoBrush)
                painter.drawRect(self.rect_of(place).adjusted(0, 0, -1, -1))
            else:
                paint_ring(painter, self.scene, self.camera, place, colour, width)

    def _compact_camera(self, scene: Scene, width: float, height: float) -> Camera:
        """The whole height; all columns when fitting, else readable ones with the exit in sight."""
        pitch = width / scene.columns
        if self.mode is not Mode.FIT:
            pitch = max(pitch, NARROWEST + 10)
        beyond = max(0.0, (scene.compact_exit.column + 1.1) * pitch - width)
        return Camera(pitch / 2 + 6 - beyond, 6, pitch, height - 12)
