# The bot with its web chat: docker build -t cenfobot . && docker run -p 127.0.0.1:8000:8000 -v cenfobot:/var/lib/cenfobot cenfobot
FROM python:3.11-slim

# bitsandbytes runs 4-bit layers on a CPU with OpenMP.
RUN apt-get update \
    && apt-get install -y --no-install-recommends libgomp1 \
    && rm -rf /var/lib/apt/lists/*

WORKDIR /app

# On Linux the default torch is the CUDA build (several GB). For a machine without a card, name the package index that
# holds PyTorch's CPU builds: --build-arg PIP_EXTRA_INDEX_URL=... (pytorch's "Get started" page says where it is).
ARG PIP_EXTRA_INDEX_URL=""
COPY pyproject.toml constraints.txt ./
# The dependencies alone, so that a change of the code does not install torch again.
RUN python -c "import tomllib; print(*tomllib.load(open('pyproject.toml', 'rb'))['project']['dependencies'], sep='\n')" \
        > /tmp/requirements.txt \
    && pip install --no-cache-dir --constraint constraints.txt --requirement /tmp/requirements.txt

COPY LICENSE ./
COPY storage storage
COPY bot bot
COPY training training
COPY data data
RUN pip install --no-cache-dir --no-deps --editable .

ENV CENFOBOT_HOME=/var/lib/cenfobot \
    CENFOBOT_HOST=0.0.0.0 \
    CENFOBOT_PORT=8000 \
    HF_HOME=/var/cache/huggingface \
    PYTHONUNBUFFERED=1
RUN useradd --system --uid 10001 --create-home cenfobot \
    && install --directory --owner=cenfobot "$CENFOBOT_HOME" "$HF_HOME"
USER 10001
VOLUME ["/var/lib/cenfobot", "/var/cache/huggingface"]
EXPOSE 8000
HEALTHCHECK --interval=30s --timeout=5s --start-period=120s \
    CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8000/healthz', timeout=4)"]
CMD ["cenfobot", "serve"]
