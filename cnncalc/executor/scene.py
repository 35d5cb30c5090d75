"""A small picture to try filters on, made by formulas: hills, a lake, a sun and a tower.

It has what photographs have and what filters look for: soft shades, texture, sharp edges in all
directions, thin lines and a round shape.
"""

from __future__ import annotations

import numpy as np

from cnncalc.executor.workspace import Array

NAME = "scene"
SIZE = 96
#: Samples along each axis of a pixel, so that edges are soft as a camera's are.
FINE = 3
LARGEST = 1024


def scene(size: int = SIZE) -> Array:
    """The picture as (3, size, size) between 0 and 1: red, green, blue."""
    count = size * FINE
    y, x = np.mgrid[0:count, 0:count] / count
    image = sky(x, y)
    for height, far in ((0.46, 0.75), (0.56, 0.4)):
        image = over(image, y > ridge(x, height), hill(x, y, far))
    image = over(image, y > 0.74, water(x, y))
    image = over(image, inside(x, y, 0.18, 0.30, 0.30, 0.75), wall(x, y))
    image = over(image, (abs(x - 0.24) < (y - 0.18) * 0.75) & (y < 0.30) & (y > 0.18), roof(x))
    for left in np.arange(0.42, 0.98, 0.09):
        image = over(image, inside(x, y, left, 0.66, left + 0.012, 0.80), grey(x, 0.22))
    image = over(image, inside(x, y, 0.40, 0.69, 0.99, 0.703), grey(x, 0.22))
    rope = (abs((y - 0.80) - 0.55 * (x - 0.45)) < 0.008) & (x > 0.3)
    image = over(image, rope, grey(x, 0.85))
    fine = np.clip(image, 0, 1).reshape(3, size, FINE, size, FINE)
    averaged: Array = fine.mean(axis=(2, 4))
    return averaged


def over(image: Array, where: Array, colour: Array) -> Array:
    """A picture with another one in a part of it."""
    drawn: Array = np.where(where, colour, image)
    return drawn


def inside(x: Array, y: Array, left: float, top: float, right: float, bottom: float) -> Array:
    """Where a rectangle lies."""
    there: Array = (x >= left) & (x < right) & (y >= top) & (y < bottom)
    return there


def grey(x: Array, level: float) -> Array:
    """One shade everywhere."""
    return np.full((3, *x.shape), level)


def sky(x: Array, y: Array) -> Array:
    """A sky that grows lighter downwards, with soft clouds and a sun."""
    light = 0.45 + 0.6 * y
    clouds = np.sin(9 * x + 3 * np.sin(5 * y)) * np.sin(14 * y + 2 * np.sin(6 * x))
    cloud = np.clip(clouds - 0.35, 0, 1) * 0.5
    shades = np.stack([0.75 * light, 0.85 * light, light + 0.1]) + cloud
    distance = np.hypot(x - 0.76, y - 0.2)
    return over(shades, distance < 0.085, np.stack([grey(x, 1.0)[0], 0.93 + 0 * x, 0.6 + 0 * x]))


def ridge(x: Array, height: float) -> Array:
    """The upper edge of a row of hills."""
    edge: Array = height + 0.07 * np.sin(7 * x + 9 * height) + 0.025 * np.sin(23 * x + 31 * height)
    return edge


def hill(x: Array, y: Array, far: float) -> Array:
    """The shade of hills: hazy far away, with trees near by."""
    trees = 0.5 + 0.5 * np.sin(61 * x + 11 * np.sin(37 * y)) * np.sin(83 * y + 7 * np.sin(29 * x))
    near = np.stack([0.16 + 0.14 * trees, 0.3 + 0.22 * trees, 0.14 + 0.1 * trees])
    haze = np.stack([0.5 + 0 * x, 0.6 + 0 * x, 0.72 + 0 * x])
    shade: Array = far * haze + (1 - far) * near
    return shade


def water(x: Array, y: Array) -> Array:
    """Water with waves that lie closer to one another further away."""
    waves = np.sin(26 / (y - 0.68) + 3 * np.sin(17 * x)) * 0.08
    glitter = np.exp(-(((x - 0.76) / 0.06) ** 2)) * 0.3
    shade: Array = np.stack([0.22 + glitter, 0.36 + glitter, 0.5 + glitter]) + waves
    return shade


def wall(x: Array, y: Array) -> Array:
    """A tower of bricks with two windows, lighter on the sunny side."""
    light = 0.5 + 1.8 * (x - 0.18)
    row = np.floor(y / 0.03)
    joints = ((y / 0.03) % 1 < 0.18) | (((x / 0.05) + 0.5 * (row % 2)) % 1 < 0.12)
    bricks = np.where(joints, 0.85, 1.0) * light
    shades = np.stack([0.95 * bricks, 0.72 * bricks, 0.58 * bricks])
    for top in (0.38, 0.55):
        shades = over(shades, inside(x, y, 0.215, top, 0.265, top + 0.075), grey(x, 0.08))
    return shades


def roof(x: Array) -> Array:
    """A roof of one dark colour."""
    return np.stack([0.45 + 0 * x, 0.13 + 0 * x, 0.12 + 0 * x])
