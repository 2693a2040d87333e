import { layoutContract } from "../../test/file-tables/layout-contract.ts";

// One format as text and one that is not; the others run with the servers of the system, to keep `npm test` short.
layoutContract("CSV files");
layoutContract("Parquet files of few rows");
