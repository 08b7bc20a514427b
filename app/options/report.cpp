// The options of `shardflow report`.
#include "app/options/grammars.hpp"
#include "app/options/groups.hpp"
#include "app/report/report_page.hpp"

namespace shardflow::app {

Grammar report_grammar() {
  Grammar grammar{
      "usage: shardflow report [options] --history FILE\n\n"
      "Tells how a build's measurements went over the runs of 'shardflow gate --history\n"
      "FILE', and since when they are on another level (Pettitt's test).\n\n"
      "  shardflow report --history gate.jsonl --output trend.html\n",
      {},
      "",
      0};
  po::options_description own("Report");
  auto add = own.add_options();
  add("history", text()->value_name("FILE"), "the runs, one a line; '-' is standard input");
  add("stats", text("text")->value_name("FORMAT"), "on standard output: text or json");
  if (has_report()) {
    add("output,o", text()->value_name("FILE"), "an HTML page with charts in place of that, which opens offline");
  }
  grammar.options.add(own).add(general_options());
  return grammar;
}

Parsed<ReportOptions> parse_report(const Strings& arguments) {
  return parse<ReportOptions>(report_grammar(), arguments, [](const Merged& merged, ReportOptions& options) {
    if (!merged.has("history")) throw UsageError("report needs --history FILE, which 'shardflow gate' writes");
    options.history = merged.file_name("history");
    options.stats = read_stats(merged);
    options.output = merged.file_name("output");
  });
}

}  // namespace shardflow::app
