#include "app/report/report_page.hpp"

#include <array>
#include <cassert>
#include <string_view>

// The bytes of a file as `NAME_begin` to `NAME_end`. The assembler reads it, so that half a megabyte costs the
// compiler nothing.
#define EMBED(name, file)                              \
  asm(".pushsection .rodata\n"                         \
      ".global " #name "_begin, " #name "_end\n" #name \
      "_begin:\n"                                      \
      ".incbin \"" file "\"\n" #name                   \
      "_end:\n"                                        \
      ".popsection\n");                                \
  extern "C" const char name##_begin[];                \
  extern "C" const char name##_end[]

EMBED(shardflow_page_html, REPORT_FOLDER "page.html");
EMBED(shardflow_page_css, REPORT_FOLDER "page.css");
EMBED(shardflow_model_js, REPORT_FOLDER "model.js");
EMBED(shardflow_charts_js, REPORT_FOLDER "charts.js");
EMBED(shardflow_tables_js, REPORT_FOLDER "tables.js");
EMBED(shardflow_trend_js, REPORT_FOLDER "trend.js");
EMBED(shardflow_page_js, REPORT_FOLDER "page.js");
EMBED(shardflow_d3_js, PACKAGES_FOLDER "d3.js");
EMBED(shardflow_d3_license, PACKAGES_FOLDER "d3.LICENSE");
EMBED(shardflow_plot_js, PACKAGES_FOLDER "plot.js");
EMBED(shardflow_plot_license, PACKAGES_FOLDER "plot.LICENSE");

namespace shardflow::app {
namespace {

struct Part {
  std::string_view mark;  // what page.html has in its place
  std::string_view text;
};

// JSON has '<' in strings only, and there it can be written so. Without '<' it holds no "</script>" and no "<!--".
std::string without_tags(std::string_view json) {
  std::string text;
  for (const char byte : json) {
    if (byte == '<') {
      text += "\\u003c";
    } else {
      text += byte;
    }
  }
  return text;
}

}  // namespace

bool has_report() { return true; }

std::string report_page(const std::string& json) {
  const std::string data = without_tags(json);
  // In the order in which page.html has them; what is put in is not searched again.
  const std::array<Part, 11> parts{{
      {"{{page.css}}", {shardflow_page_css_begin, shardflow_page_css_end}},
      {"{{data}}", data},
      {"{{d3.LICENSE}}", {shardflow_d3_license_begin, shardflow_d3_license_end}},
      {"{{d3.js}}", {shardflow_d3_js_begin, shardflow_d3_js_end}},
      {"{{plot.LICENSE}}", {shardflow_plot_license_begin, shardflow_plot_license_end}},
      {"{{plot.js}}", {shardflow_plot_js_begin, shardflow_plot_js_end}},
      {"{{model.js}}", {shardflow_model_js_begin, shardflow_model_js_end}},
      {"{{charts.js}}", {shardflow_charts_js_begin, shardflow_charts_js_end}},
      {"{{tables.js}}", {shardflow_tables_js_begin, shardflow_tables_js_end}},
      {"{{trend.js}}", {shardflow_trend_js_begin, shardflow_trend_js_end}},
      {"{{page.js}}", {shardflow_page_js_begin, shardflow_page_js_end}},
  }};
  std::string_view rest(shardflow_page_html_begin, shardflow_page_html_end);
  std::string page;
  for (const Part& part : parts) {
    const std::size_t at = rest.find(part.mark);
    assert(at != std::string_view::npos);
    page += rest.substr(0, at);
    page += part.text;
    rest.remove_prefix(at + part.mark.size());
  }
  return page.append(rest);
}

}  // namespace shardflow::app
