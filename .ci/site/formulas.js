// Read [[TeX, display], ...] as JSON, write their HTML as JSON. The one argument is KaTeX's folder.
const katex = require(require("path").resolve(process.argv[2]));
const formulas = JSON.parse(require("fs").readFileSync(0, "utf8"));
const html = formulas.map(([tex, displayMode]) => {
  try {
    const made = katex.renderToString(tex, { displayMode, output: "htmlAndMathml", strict: "ignore" });
    return made.replace(/<annotation.*?<\/annotation>/s, "");  // the TeX once more, which nothing reads
  }
  catch (error) { return { error: error.message }; }
});
process.stdout.write(JSON.stringify(html));
