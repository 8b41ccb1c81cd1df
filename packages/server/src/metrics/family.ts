// Metrics as plain data: what a process answers when it is asked, and what travels between processes.

export interface Family {
  readonly name: string;
  readonly help: string;
  readonly type: "counter" | "gauge" | "histogram";
  /** What several processes make of it together. */
  readonly aggregator: "sum" | "max" | "min";
  readonly values: readonly Value[];
}

export interface Value {
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
  /** Of a histogram: the name with `_bucket`, `_sum` or `_count` behind it. */
  readonly metricName?: string;
}

/** `values`: one number, or one for each value of one label. */
export const counter = (name: string, help: string, values: number | Labelled): Family => ({
  name,
  help,
  type: "counter",
  aggregator: "sum",
  values: valuesOf(values),
});

export const gauge = (
  name: string,
  help: string,
  values: number | Labelled,
  aggregator: Family["aggregator"] = "sum",
): Family => ({ name, help, type: "gauge", aggregator, values: valuesOf(values) });

export interface Labelled {
  readonly label: string;
  readonly values: Iterable<readonly [string, number]>;
}

const valuesOf = (values: number | Labelled): readonly Value[] =>
  typeof values === "number"
    ? [{ labels: {}, value: values }]
    : [...values.values].map(([name, value]) => ({ labels: { [values.label]: name }, value }));
