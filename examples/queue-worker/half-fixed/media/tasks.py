"""The tasks of the media queues."""

from __future__ import annotations

import os
import subprocess

from celery import Celery

app = Celery("media", broker=os.environ.get("BROKER_URL", "memory://"))
app.conf.task_acks_late = True
app.conf.task_routes = {"media.tasks.transcode": "transcode", "media.tasks.thumbnail": "thumbnails"}


@app.task
def thumbnail(source: str, target: str, width: int) -> None:
    """Write a picture of `width` pixels taken from the first second of a video."""
    _ffmpeg("-ss", "1", "-i", source, "-vframes", "1", "-vf", f"scale={width}:-1", target)


@app.task
def transcode(source: str, target: str, height: int) -> None:
    """Write a video again with `height` lines."""
    _ffmpeg("-i", source, "-vf", f"scale=-2:{height}", "-c:v", "libx264", target)


def _ffmpeg(*arguments: str) -> None:
    subprocess.run(["ffmpeg", "-y", *arguments], check=True)
