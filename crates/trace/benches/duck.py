#!/usr/bin/env python3
"""The trace questions in DuckDB over the Parquet files of a folder, for `fangxian bench trace`.

usage: duck.py DIR QUERY...

One line for the version, then for each query: name, rows, checksum, least CPU seconds of three runs;
last the peak memory of the process in KiB.
"""
import resource
import sys
import time

import duckdb

import queries

TABLES = "visits_place visits_person cells_cell cells_person cases tests exposures risk_cells persons"


def main():
    folder, names = sys.argv[1], sys.argv[2:]
    connection = duckdb.connect()
    print("duckdb", duckdb.__version__, flush=True)
    for table in TABLES.split():
        connection.sql(f"create view {table} as from '{folder}/{table}.parquet'")
    for name in names:
        sql = queries.check(queries.ALL[name]())
        seconds = []
        for _ in range(3):
            begun = time.process_time()
            rows, checksum = connection.execute(sql).fetchone()
            seconds.append(time.process_time() - begun)
        print(name, int(rows), int(checksum or 0), min(seconds), flush=True)
    print("peak", resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)


main()
