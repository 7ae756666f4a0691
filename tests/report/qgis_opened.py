"""Opens a QGIS project with QGIS itself, tells what it holds, and draws it.

A program of its own, because QGIS brings its own Python: ``python3 qgis_opened.py PROJECT PNG``.
"""

from __future__ import annotations

import json
import os
import sys

os.environ["QT_QPA_PLATFORM"] = "offscreen"

from qgis.core import (
    QgsApplication,
    QgsMapRendererSequentialJob,
    QgsMapSettings,
    QgsProject,
    QgsReferencedRectangle,
)
from qgis.PyQt.QtCore import QSize
from qgis.PyQt.QtGui import QColor


def described(project: QgsProject) -> dict[str, object]:
    tree = project.layerTreeRoot()
    view = project.viewSettings().defaultViewExtent()
    return {
        "title": project.title(),
        "crs": project.crs().authid(),
        "groups": [group.name() for group in tree.findGroups()],
        "warning": project.readEntry("TitleLabel", "/Label")[0],
        "bookmarks": [mark.name() for mark in project.bookmarkManager().bookmarks()],
        "view": [view.xMinimum(), view.yMinimum(), view.xMaximum(), view.yMaximum()],
        "layers": [
            {
                "name": node.name(),
                "valid": node.layer() is not None and node.layer().isValid(),
                "shown": node.isVisible(),
                "crs": node.layer().crs().authid() if node.layer() else None,
                "renderer": node.layer().renderer().type() if node.layer() else None,
                "source": node.layer().source() if node.layer() else None,
            }
            for node in tree.findLayers()
        ],
    }


def draw(project: QgsProject, path: str) -> None:
    settings = QgsMapSettings()
    tree = project.layerTreeRoot()
    settings.setLayers([node.layer() for node in tree.findLayers() if node.isVisible()])
    settings.setDestinationCrs(project.crs())
    settings.setTransformContext(project.transformContext())
    settings.setOutputSize(QSize(900, 1100))
    settings.setBackgroundColor(QColor("white"))
    view = project.viewSettings().defaultViewExtent()
    settings.setExtent(QgsReferencedRectangle(view, view.crs()))
    job = QgsMapRendererSequentialJob(settings)
    job.start()
    job.waitForFinished()
    job.renderedImage().save(path)
    for error in job.errors():
        print(error.layerID, error.message, file=sys.stderr)


application = QgsApplication([], False)
application.initQgis()
opened = QgsProject.instance()
if not opened.read(sys.argv[1]):
    sys.exit(f"QGIS could not read it: {opened.error()}")
for name in sys.argv[3:]:
    # What else is to be seen: layers whose names begin so.
    for node in opened.layerTreeRoot().findLayers():
        if name in node.name():
            node.setItemVisibilityChecked(True)
print(json.dumps(described(opened)))
draw(opened, sys.argv[2])
sys.stdout.flush()
os._exit(0)  # QGIS falls over its own feet on the way out
