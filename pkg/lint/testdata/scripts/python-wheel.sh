set -e
python3 -m venv .venv
. .venv/bin/activate
pip install -U pip build twine -i https://repo.huaweicloud.com/repository/pypi/simple
python -m build --wheel
twine check dist/*.whl
