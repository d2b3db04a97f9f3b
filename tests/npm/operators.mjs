// Holds objects of other operators' kinds (JSON, an array on stdin) against the schemas these publish.
// Prints a line for each problem. A field that may hold anything is one that the schema does not know.
import { readFileSync } from "node:fs";

const PACKAGES = {
  "postgresql.cnpg.io": "@kubernetes-models/cloudnative-pg",
  "monitoring.coreos.com": "@kubernetes-models/prometheus-operator",
};
const ANYTHING = ["", 0.5, true, [[]], { "": [] }];

function problem(Kind, object) {
  try {
    new Kind(object).validate();
    return "";
  } catch (error) {
    return error.message;
  }
}

function* fields(value, path = []) {
  for (const key of Object.keys(value ?? {})) {
    yield [...path, key];
    if (typeof value[key] === "object") yield* fields(value[key], [...path, key]);
  }
}

function replaced(object, [first, ...rest], value) {
  const copy = Array.isArray(object) ? [...object] : { ...object };
  copy[first] = rest.length ? replaced(copy[first], rest, value) : value;
  return copy;
}

for (const object of JSON.parse(readFileSync(0, "utf-8"))) {
  const { kind, metadata } = object;
  const module = await import(`${PACKAGES[object.apiVersion.split("/")[0]]}/${object.apiVersion}/${kind}`);
  const say = (what) => console.log(`${kind} ${metadata.name}: ${what}`);
  const wrong = problem(module[kind], object);
  if (wrong) say(wrong);
  else
    for (const path of fields(object))
      if (ANYTHING.every((value) => !problem(module[kind], replaced(object, path, value))))
        say(`no field ${path.join(".")}`);
}
