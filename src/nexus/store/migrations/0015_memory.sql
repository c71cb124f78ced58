-- A newer message made an answer under way pointless: the burst is `ignored`, reason superseded, and its messages wait
-- for the next one. Each remembers the burst that it was taken from: no answer to it is superseded again, and a direct
-- caller that asks for it once more gets that burst's result.
alter table chat_messages add column superseded_burst_id uuid;
