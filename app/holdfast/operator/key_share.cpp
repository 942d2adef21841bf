#include "app/holdfast/operator/key_share.h"

namespace cli {

core::Result<core::SecretBytes> readKeyShare(Invocation& run, const std::string& prompt)
{
    const auto word = run.argument(0);
    if (word == "-") return readSecret(run.context().in);
    if (word.empty()) return run.ask(prompt);
    return core::SecretBytes::copyOf(word);
}

int showAttempt(Invocation& run, const Json& data, const std::vector<Row>& more)
{
    if (!run.output().isTable()) {
        run.output().data(data);
        return kSuccess;
    }
    std::vector<Row> rows;
    if (!data["nonce"].isEmpty()) rows.push_back({"Nonce", data["nonce"].text()});
    rows.push_back({"Progress", data["progress"].toGoText() + "/" + data["required"].toGoText()});
    rows.push_back({"Complete", data["complete"].isTrue() ? "true" : "false"});
    rows.insert(rows.end(), more.begin(), more.end());
    run.output().columns(rows);
    return kSuccess;
}

} // namespace cli
