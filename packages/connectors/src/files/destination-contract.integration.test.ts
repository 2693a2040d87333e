import { layoutContract } from "../../test/file-tables/layout-contract.ts";

layoutContract("CSV files of one row, in gzip, for spreadsheets");
layoutContract("JSONL files");
layoutContract("Parquet files");
