-- Exports that are listed need the customer's ids of the profiles that they name no more: an erased profile lived on in them.
update export set profile_ids = '{}' where profile_ids <> '{}' and preparing_lanes = 0;
