// The report page as text: whole, and nothing in the data can change what it is.
#include "app/report/report_page.hpp"

#include <doctest/doctest.h>

#include <nlohmann/json.hpp>

#include "app/report_file.hpp"
#include "pipeline/errors.hpp"
#include "tests/count.hpp"
#include "tests/folder.hpp"
#include "tests/report_data.hpp"

namespace report_page_test {

using namespace shardflow::app;
using namespace testing;

namespace {

// What is between `begin` and the first `end` after it.
std::string between(const std::string& text, const std::string& begin, const std::string& end) {
  const std::size_t from = text.find(begin) + begin.size();
  return text.substr(from, text.find(end, from) - from);
}

std::string data_of(const std::string& page) {
  return between(page, "<script id=\"data\" type=\"application/json\">", "</script>");
}

}  // namespace

TEST_CASE("the page holds the measurements as they were given") {
  for (const std::string& json : {comparison_json(made_up_comparison(true)), sweep_json(made_up_sweep({}))}) {
    CHECK(data_of(report_page(json)) == json);
  }
}

TEST_CASE("no command line can break out of the page's data") {
  Sweep sweep = made_up_sweep({});
  sweep.command = "shardflow sweep '</script><script>alert(1)</script>' '<!--' '{{page.js}}' \"]]>";
  const std::string json = sweep_json(sweep);
  const std::string page = report_page(json);
  CHECK(nlohmann::json::parse(data_of(page)) == nlohmann::json::parse(json));
  CHECK(data_of(page).find('<') == std::string::npos);
  CHECK(count(page, "<script") == count(report_page(sweep_json(made_up_sweep({}))), "<script"));
}

TEST_CASE("the page loads nothing, and forbids it") {
  const std::string page = report_page(sweep_json(made_up_sweep({})));
  CHECK(page.find("default-src 'none'") != std::string::npos);
  for (const char* const loading : {"<script src", "<link rel=\"stylesheet", "@import", "<img", "<iframe", "{{"}) {
    CAPTURE(loading);
    CHECK(page.find(loading) == std::string::npos);
  }
  CHECK(count(page, "<script") == count(page, "</script>"));
}

TEST_CASE("the chart library comes with its licence") {
  const std::string page = report_page(sweep_json(made_up_sweep({})));
  CHECK(page.find("Copyright 2010-2023 Mike Bostock\n\nPermission to use") != std::string::npos);
  CHECK(page.find("Copyright 2020-2025 Observable, Inc.\n\nPermission to use") != std::string::npos);
}

TEST_CASE("the report's file appears whole, or not at all") {
  const Folder folder;
  const std::string json = sweep_json(made_up_sweep({}));
  ReportFile file(folder.path("report.html"));
  CHECK(folder.names().empty());
  file.write(json);
  CHECK(folder.read("report.html") == report_page(json));
  CHECK(folder.names() == std::vector<std::string>{"report.html"});
  CHECK_THROWS_AS(ReportFile(folder.path("none/report.html")), shardflow::IoError);
  ReportFile("").write(json);
  ReportFile("").write_so_far(json);
}

TEST_CASE("what there is so far is replaced by what comes after") {
  const Folder folder;
  const std::string first = sweep_json(made_up_sweep({}));
  const std::string second = comparison_json(made_up_comparison(false));
  ReportFile file(folder.path("report.html"));
  file.write_so_far(first);
  CHECK(folder.read("report.html") == report_page(first));
  file.write(second);
  CHECK(folder.read("report.html") == report_page(second));
  CHECK(folder.names() == std::vector<std::string>{"report.html"});
}

}  // namespace report_page_test
