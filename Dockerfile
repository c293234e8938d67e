# Brickwork with its course and bubblewrap, for learners and for grading. CPU only.
#   docker build -t brickwork .
#   docker run --rm -it -v "$PWD:/work" brickwork
# A container allows no user namespaces by default; the second strongest level, `uid`, then seals what is graded.
FROM python:3.11-slim-bookworm

RUN apt-get update \
    && apt-get install --yes --no-install-recommends bubblewrap=0.8.* libseccomp2=2.5.* \
    && rm -rf /var/lib/apt/lists/*

WORKDIR /opt/brickwork
COPY . .
# The CPU's build of PyTorch: without CUDA it is far smaller.
RUN python -m pip install --no-cache-dir --extra-index-url https://download.pytorch.org/whl/cpu -c constraints.txt . \
    && brick --version

ENV OMP_NUM_THREADS=1
WORKDIR /work
CMD ["bash"]
