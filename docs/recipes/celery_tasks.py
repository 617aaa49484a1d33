"""A Celery task: `pip install celery`, then `celery -A celery_tasks worker`.

The prefork pool's children load the networks on their first document. Results hold personal data: give the backend a
short life, and pass names of files, not pictures, through the broker.
"""

import os

from celery import Celery

from extractor import ExtractorError, extract

app = Celery("documents", broker=os.environ.get("BROKER", "redis://"), backend=os.environ.get("BACKEND", "redis://"))
app.conf.update(result_expires=3600, task_acks_late=True, worker_prefetch_multiplier=1)


@app.task
def read(path: str, schema: str = "auto") -> dict[str, object]:
    """One document; an error of the document is a result, and not tried again."""
    try:
        return extract(path, schema).to_dict(evidence=True)
    except ExtractorError as error:
        return {"error": str(error)}
