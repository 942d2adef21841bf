// German is complete, keeps every placeholder, and is what the program shows.
#include "widgets/look/format.h"
#include "widgets/look/translations.h"

#include <QFile>
#include <QRegularExpression>
#include <QTest>
#include <QXmlStreamReader>

using namespace Qt::StringLiterals;

class TestTranslations : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void everyTextHasAGermanOne();
    void pluralsAreRight_data();
    void pluralsAreRight();
};

void TestTranslations::everyTextHasAGermanOne()
{
    QFile file{QStringLiteral(HOLDFAST_SOURCE_DIR) + u"/translations/holdfast_de.ts"_s};
    QVERIFY(file.open(QIODevice::ReadOnly));
    QXmlStreamReader xml{&file};
    static const QRegularExpression placeholder{u"%(?:L?\\d|L?n)"_s};
    const auto placeholders = [](const QString& text) {
        QStringList found;
        auto it = placeholder.globalMatch(text);
        while (it.hasNext()) found << it.next().captured();
        found.sort();
        found.removeDuplicates();
        return found;
    };
    int count = 0;
    QString source;
    while (!xml.atEnd()) {
        xml.readNext();
        if (!xml.isStartElement()) continue;
        if (xml.name() == "source"_L1) source = xml.readElementText();
        if (xml.name() == "translation"_L1) QVERIFY2(!xml.attributes().hasAttribute("type"_L1), qPrintable(source));
        if (xml.name() == "numerusform"_L1 || xml.name() == "translation"_L1) {
            const bool isNumerus = xml.name() == "numerusform"_L1;
            const QString german = xml.readElementText(QXmlStreamReader::IncludeChildElements);
            if (!isNumerus && german.trimmed().isEmpty()) continue;
            ++count;
            QVERIFY2(!german.isEmpty(), qPrintable(source));
            QVERIFY2(placeholders(german) == placeholders(source) || source.contains("%n"_L1) || source.contains("%Ln"_L1), qPrintable(source));
        }
    }
    QVERIFY(!xml.hasError());
    QVERIFY(count > 400);
}

void TestTranslations::pluralsAreRight_data()
{
    QTest::addColumn<QString>("language");
    QTest::addColumn<int>("number");
    QTest::addColumn<QString>("text");
    QTest::newRow("english one") << u"en"_s << 1 << u"1 entry behind"_s;
    QTest::newRow("english many") << u"en"_s << 4102 << u"4,102 entries behind"_s;
    QTest::newRow("german one") << u"de"_s << 1 << u"1 Eintrag zurück"_s;
    QTest::newRow("german many") << u"de"_s << 4102 << u"4.102 Einträge zurück"_s;
}

void TestTranslations::pluralsAreRight()
{
    QFETCH(QString, language);
    QFETCH(int, number);
    widgets::installTranslations(*QCoreApplication::instance(), QLocale{language});
    QTEST(widgets::Format::entriesBehind(number), "text");
}

QTEST_GUILESS_MAIN(TestTranslations)
#include "tst_translations.moc"
