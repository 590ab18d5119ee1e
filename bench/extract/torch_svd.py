"""mergekit-extract-lora's method (mergekit/scripts/extract_lora.py): a whole SVD in float32, cut to the rank.

    python torch_svd.py MATRIX ROWS COLUMNS RANK OUR_LEFT OUR_RIGHT

The files hold float32, row-major; ours is left [rows, rank] @ right [rank, columns]. Prints seconds, and both errors.
"""

import json
import sys
import time

import numpy as np
import torch

matrix, rows, columns, rank, left, right = sys.argv[1:]
rows, columns, rank = int(rows), int(columns), int(rank)
delta = torch.from_numpy(np.fromfile(matrix, np.float32).reshape(rows, columns))
begin = time.perf_counter()
u, s, vh = torch.linalg.svd(delta, full_matrices=False)
u, s, vh = u[:, :rank], s[:rank], vh[:rank]
seconds = time.perf_counter() - begin
ours = torch.from_numpy(np.fromfile(left, np.float32).reshape(rows, rank)) @ torch.from_numpy(
    np.fromfile(right, np.float32).reshape(rank, columns)
)
optimal = torch.linalg.norm((delta - (u * s) @ vh).double()).item()
own = torch.linalg.norm((delta - ours).double()).item()
print(json.dumps({"seconds": seconds, "optimal": optimal, "ours": own, "torch": torch.__version__}))
