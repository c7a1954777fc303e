// A JSON string a line in, a JSON list a line out: twitter-text's weighted length, whether the text may be posted,
// and where each URL is: its place and length in UTF-16 units. null where the library itself fails.
const { parseTweet, extractUrlsWithIndices } = require(`${process.argv[2]}/node_modules/twitter-text`);

const answer = (text) => {
  try {
    const { weightedLength, valid } = parseTweet(text);
    const urls = extractUrlsWithIndices(text.normalize()).map(({ url, indices }) => [indices[0], url.length]);
    return [weightedLength, valid, urls];
  } catch {
    return null;
  }
};

require('readline')
  .createInterface({ input: process.stdin })
  .on('line', (line) => console.log(JSON.stringify(answer(JSON.parse(line)))));
