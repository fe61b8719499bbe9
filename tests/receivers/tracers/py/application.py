"""The application of the golden runs, for ddtrace-run and uvicorn."""

import asyncio

from fastapi import FastAPI, Response
from fastapi.responses import StreamingResponse

METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"]

app = FastAPI()


@app.api_route("/ok", methods=METHODS)
async def ok():
    return "ok"


@app.api_route("/users/{user}", methods=METHODS)
async def users(user: str):
    return user


@app.api_route("/err", methods=METHODS)
async def err():
    return Response(status_code=500)


@app.api_route("/notfound", methods=METHODS)
async def notfound():
    return Response(status_code=404)


@app.api_route("/status/{code}", methods=METHODS)
async def status(code: int):
    return Response(status_code=code)


@app.api_route("/throw", methods=METHODS)
async def throw():
    raise RuntimeError("boom")


@app.api_route("/slow", methods=METHODS)
async def slow():
    await asyncio.sleep(0.3)
    return "slow"


@app.api_route("/stream", methods=METHODS)
async def stream():
    async def chunks():
        for _ in range(4):
            await asyncio.sleep(0.1)
            yield b"chunk"

    return StreamingResponse(chunks())
