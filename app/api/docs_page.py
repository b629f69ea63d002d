"""The API's documentation as a page: a viewer that ships with the program and loads nothing from elsewhere."""

from pathlib import Path
from typing import Final

from fastapi import APIRouter
from starlette.responses import FileResponse, HTMLResponse

from app.api.problems import refused

_ASSETS: Final = Path(__file__).parents[1] / "assets"
_FILES: Final = {
    "swagger-ui-bundle.js": "text/javascript",
    "swagger-ui.css": "text/css",
    "api-docs.js": "text/javascript",
    "icon.png": "image/png",
    "swagger-ui-LICENSE.txt": "text/plain",
}
_POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
_PAGE: Final = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Valence: blind protocol</title>
<link rel="icon" href="docs/icon.png">
<link rel="stylesheet" href="docs/swagger-ui.css">
</head>
<body>
<div id="viewer"></div>
<script src="docs/swagger-ui-bundle.js"></script>
<script src="docs/api-docs.js"></script>
</body>
</html>
"""

router = APIRouter(include_in_schema=False)


@router.get("/docs")
async def docs_page() -> HTMLResponse:
    """The page, which loads nothing from anywhere else."""
    return HTMLResponse(_PAGE, headers={"Content-Security-Policy": _POLICY, "Cache-Control": "no-cache"})


@router.get("/docs/{name}")
async def docs_file(name: str) -> FileResponse:
    """A file of the viewer."""
    if name not in _FILES:
        raise refused(404, "not-found", "The documentation has no such file.", "Open /api/v1/docs.")
    return FileResponse(
        _ASSETS / name,
        media_type=_FILES[name],
        headers={"Cache-Control": "private, max-age=3600", "X-Frame-Options": "DENY"},
    )
