"""What a user's message holds besides text: the fields of Message for photos, voice messages and the like."""

from tests.telegram.entities import recognised
from tests.telegram.values import Json
from tests.telegram.world import World


def captioned(caption: str) -> Json:
    """The caption's fields; none for an empty one."""
    if not caption:
        return {}
    found = recognised(caption)
    return {"caption": caption, "caption_entities": found} if found else {"caption": caption}


def photo(world: World) -> Json:
    """A photo in two sizes."""
    return {"photo": [_file(world) | {"width": size, "height": size} for size in (90, 800)]}


def voice(world: World, seconds: int) -> Json:
    """A voice message."""
    return {"voice": _file(world) | {"duration": seconds, "mime_type": "audio/ogg"}}


def sticker(world: World, emoji: str) -> Json:
    """A sticker."""
    looks: Json = {"type": "regular", "width": 512, "height": 512, "is_animated": False, "is_video": False}
    return {"sticker": _file(world) | looks | {"emoji": emoji}}


def document(world: World, name: str) -> Json:
    """A file."""
    return {"document": _file(world) | {"file_name": name, "mime_type": "application/pdf"}}


def _file(world: World) -> Json:
    number = world.number()
    file_id = f"AgACAgEAA{number}"
    world.files[file_id] = b"a user's file"
    return {"file_id": file_id, "file_unique_id": f"AQAD{number}", "file_size": len(world.files[file_id])}
