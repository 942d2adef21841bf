#include <QtTest>

/// People read this tree once, and English is not the first language of most. So it uses one plain word for each idea, and sentences
/// of a length that can be read once (docs/plain-english.md). The list of words is words.txt beside this file.
class TestWords : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void initTestCase();
    void usesPlainWords();
    void sentencesCanBeReadOnce();

private:
    struct Entry {
        QRegularExpression word;
        QString plain;
        bool isName = false; // matched against the line as it is
    };
    QVector<Entry> m_entries;
    QStringList m_foreignTexts;   // of Vault's API
    QRegularExpression m_anyWord; // quick: no line without a match is looked at again
    QStringList m_files;
};

namespace {

// Words of one sentence. A sentence ends with a period, a colon, a semicolon, or where its paragraph, cell or item ends.
constexpr int kWordsMax = 35;

QString root()
{
    return QStringLiteral(HOLDFAST_SOURCE_DIR);
}

// Empty: the file could not be read. An empty file has one empty line.
QStringList linesOf(const QString& file)
{
    QFile in{root() + '/' + file};
    return in.open(QIODevice::ReadOnly) ? QString::fromUtf8(in.readAll()).split('\n') : QStringList{};
}

void verifyNone(const QStringList& wrong)
{
    QVERIFY2(wrong.isEmpty(), qPrintable('\n' + wrong.join('\n')));
}

struct Paragraph {
    int line = 0; // of its beginning, from 1
    QString text;
};

// The paragraphs, items and table cells of a page, without its examples.
QVector<Paragraph> paragraphsOfPage(const QStringList& lines)
{
    static const QRegularExpression kBegins{R"(^\s*([-*]|\d+\.|#+)\s)"};
    QVector<Paragraph> out;
    bool isExample = false;
    bool isOpen = false;
    for (int at = 0; at < lines.size(); ++at) {
        const QString& line = lines[at];
        if (line.startsWith("```")) {
            isExample = !isExample;
            isOpen = false;
        } else if (isExample || line.startsWith("    ") || line.trimmed().isEmpty()) {
            isOpen = isOpen && line.startsWith("    "); // an item's next line
            if (isOpen) out.last().text += ' ' + line.trimmed();
        } else if (line.startsWith('|')) {
            for (const auto& cell : line.split('|')) out.push_back({at + 1, cell.trimmed()});
            isOpen = false;
        } else if (isOpen && !kBegins.match(line).hasMatch()) {
            out.last().text += ' ' + line.trimmed();
        } else {
            out.push_back({at + 1, line.trimmed()});
            isOpen = true;
        }
    }
    return out;
}

// The comments of a source; lines that follow each other are one paragraph.
QVector<Paragraph> paragraphsOfSource(const QStringList& lines)
{
    static const QRegularExpression kComment{R"(^\s*///? ?(.*)$)"};
    QVector<Paragraph> out;
    bool isOpen = false;
    for (int at = 0; at < lines.size(); ++at) {
        const auto match = kComment.match(lines[at]);
        const bool isText = match.hasMatch() && !match.captured(1).isEmpty();
        if (isText && isOpen) out.last().text += ' ' + match.captured(1);
        else if (isText) out.push_back({at + 1, match.captured(1)});
        isOpen = isText;
    }
    return out;
}

// What is said to people in a translation file: its <source> and <translation> texts.
QVector<Paragraph> paragraphsOfTranslation(const QStringList& lines)
{
    static const QRegularExpression kText{R"(<(?:source|translation|numerusform)[^>]*>([^<]*)<)"};
    QVector<Paragraph> out;
    for (int at = 0; at < lines.size(); ++at) {
        const auto match = kText.match(lines[at]);
        if (match.hasMatch()) out.push_back({at + 1, match.captured(1)});
    }
    return out;
}

QVector<Paragraph> paragraphsOf(const QString& file, const QStringList& lines)
{
    if (file.endsWith(".md")) return paragraphsOfPage(lines);
    if (file.endsWith(".ts")) return paragraphsOfTranslation(lines);
    return paragraphsOfSource(lines);
}

QStringList sentencesOf(const QString& text)
{
    static const QRegularExpression kCode{"`[^`]*`"};
    static const QRegularExpression kEnd{R"((?<=[.!?:;])["')]*\s+)"};
    QString plain = text;
    return plain.replace(kCode, "X").split(kEnd, Qt::SkipEmptyParts);
}

} // namespace

void TestWords::initTestCase()
{
    QStringList all;
    for (const auto& line : linesOf("tests/architecture/words.txt")) {
        if (line.isEmpty() || line.startsWith('#')) continue;
        if (line.startsWith('!')) {
            m_foreignTexts << line.mid(1);
            continue;
        }
        const auto word = line.section('\t', 0, 0);
        const auto plain = line.section('\t', 1, 1);
        QVERIFY2(!word.isEmpty() && !plain.isEmpty(), qPrintable(line));
        const bool isName = word.startsWith('=');
        const auto pattern = R"(\b)" + QRegularExpression::escape(isName ? word.mid(1) : word).replace("\\ ", "\\s+") + R"(\b)";
        m_entries.push_back(
            {QRegularExpression{pattern, isName ? QRegularExpression::NoPatternOption : QRegularExpression::CaseInsensitiveOption}, plain, isName});
        all << pattern;
    }
    QVERIFY(m_entries.size() > 60); // the list was read
    m_anyWord = QRegularExpression{all.join('|'), QRegularExpression::CaseInsensitiveOption};

    const QStringList kKinds{"*.h", "*.cpp", "*.proto", "*.py", "*.js", "*.md", "*.ts", "*.in", "*.hcl", "*.service", "CMakeLists.txt"};
    for (const auto& folder : {"app", "core", "docs", "installer", "resources", "tests", "translations", "widgets"}) {
        QDirIterator it{root() + '/' + folder, kKinds, QDir::Files, QDirIterator::Subdirectories};
        while (it.hasNext()) m_files << QDir{root()}.relativeFilePath(it.next());
    }
    for (const auto& page : QDir{root()}.entryList({"*.md", "CMakeLists.txt"}, QDir::Files)) m_files << page;
    m_files.sort();
    QVERIFY(m_files.size() > 1000); // the tree was found
}

void TestWords::usesPlainWords()
{
    static const QRegularExpression kCamelCase{"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])"};
    QStringList wrong;
    for (const auto& file : m_files) {
        const auto lines = linesOf(file);
        QVERIFY2(!lines.isEmpty(), qPrintable(file));
        for (int at = 0; at < lines.size(); ++at) {
            QString line = lines[at];
            line.replace(kCamelCase, " "); // names are words too
            if (!m_anyWord.match(line).hasMatch() && !m_anyWord.match(lines[at]).hasMatch()) continue;
            for (const auto& text : m_foreignTexts) line.remove(text);
            for (const auto& entry : m_entries) {
                const auto match = entry.word.match(entry.isName ? lines[at] : line);
                if (match.hasMatch()) wrong << QString{"%1:%2: \"%3\": %4"}.arg(file).arg(at + 1).arg(match.captured(0), entry.plain);
            }
        }
    }
    verifyNone(wrong);
}

void TestWords::sentencesCanBeReadOnce()
{
    QStringList wrong;
    int sentences = 0;
    for (const auto& file : m_files) {
        if (file.endsWith(".py") || file.endsWith(".js") || file.endsWith("CMakeLists.txt")) continue;
        for (const auto& paragraph : paragraphsOf(file, linesOf(file))) {
            for (const auto& sentence : sentencesOf(paragraph.text)) {
                ++sentences;
                const auto words = sentence.split(' ', Qt::SkipEmptyParts).size();
                if (words > kWordsMax) {
                    wrong << QString{"%1:%2: %3 words: %4 …"}.arg(file).arg(paragraph.line).arg(words).arg(sentence.section(' ', 0, 9));
                }
            }
        }
    }
    QVERIFY(sentences > 10'000); // the patterns find text
    verifyNone(wrong);
}

QTEST_GUILESS_MAIN(TestWords)
#include "tst_words.moc"
